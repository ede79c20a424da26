// Package readme holds no code: its test does what README.md tells a new user to
// do, in an empty folder.
package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of the README with a quickstart comment above it.
var block = regexp.MustCompile("(?s)<!-- quickstart: (run|file) ?([^ ]*) -->\n```[a-z]*\n(.*?)```")

// TestQuickStart follows the ten minutes of the README, word for word, with this
// working tree as the published module.
func TestQuickStart(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir, environment := t.TempDir(), publish(t, root)
	command := func(line string) (string, error) {
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir, cmd.Env = dir, environment
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	run := func(line string) string {
		t.Helper()
		out, err := command(line)
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return out
	}
	var last string
	steps := block.FindAllStringSubmatch(string(text), -1)
	if len(steps) < 6 {
		t.Fatalf("%d steps found in the README, want at least 6", len(steps))
	}
	for _, step := range steps {
		kind, name, body := step[1], step[2], step[3]
		if kind == "file" {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for line := range strings.Lines(body) {
			out := run(strings.TrimSpace(line))
			if strings.HasPrefix(line, "go run") {
				last = out
			}
		}
	}
	if !strings.Contains(last, "paid 49.90 for A-1001") || !strings.Contains(last, "DEVELOPMENT ONLY") {
		t.Errorf("the program prints\n%s", last)
	}

	// "Change source=user_input to source=internet, generate and run again."
	path := filepath.Join(dir, "payment", "payment.go")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(source), "source=user_input", "source=internet", 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := command("go tool kestgen check ./..."); err == nil || !strings.Contains(out, "payment_kest.go") {
		t.Errorf("kestgen check does not see that the directive changed: %v\n%s", err, out)
	}
	run("go generate ./...")
	if out, err := command("go run ."); err == nil || !strings.Contains(out, `denied by function policy "kest/allow_trusted"`) {
		t.Errorf("a payment from the internet is not denied: %v\n%s", err, out)
	}
}
