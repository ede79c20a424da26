package generator_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/kestgo/kest/generator"
)

// module makes a temporary module that uses this one as it stands here.
func module(t *testing.T, path string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(mod), "module "+path)
	text += "\nrequire github.com/kestgo/kest v0.0.0\nreplace github.com/kestgo/kest => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), text)
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// goCommand runs the go command in a module of these tests.
func goCommand(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// generate writes the outputs of a module and fails on any mistake.
func generate(t *testing.T, dir string) {
	t.Helper()
	output, err := generator.Generate(t.Context(), generator.Options{Dir: dir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range output.Diagnostics {
		t.Error(d)
	}
	if t.Failed() {
		t.FailNow()
	}
	if _, err := output.Write(); err != nil {
		t.Fatal(err)
	}
}

// TestOracle generates a package with values of every shape, and runs the test
// of that package: the bytes must be jcs.Transform(json.Marshal(v)).
func TestOracle(t *testing.T) {
	dir := module(t, "example.com/oracle")
	if err := os.CopyFS(dir, os.DirFS("testdata/oracle")); err != nil {
		t.Fatal(err)
	}
	generate(t, dir)
	if output, err := goCommand(t, dir, "test", "."); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if output, err := goCommand(t, dir, "vet", "-structtag=false", "."); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
