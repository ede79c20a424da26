package hookvet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kestgo/kest/generator/hookvet"
)

// TestGolden: nothing is found in what the generator writes. It holds the two
// together: a wrapper or a guard that has another form would be reported.
func TestGolden(t *testing.T) {
	dir := module(t)
	paths, err := filepath.Glob("../../testdata/golden/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return f.Name == "errors" }) {
			continue
		}
		for _, file := range archive.Files {
			write(t, filepath.Join(dir, strings.TrimSuffix(filepath.Base(path), ".txtar"), file.Name), file.Data)
		}
	}
	report, err := hookvet.Check(t.Context(), hookvet.Options{Dir: dir, Env: env(), Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("%s: %s", f.Pos, f.Message)
	}

	// The same with one use too many.
	write(t, filepath.Join(dir, "function", "use.go"), []byte("package payments\n\nvar use = processPayment\n"))
	report, err = hookvet.Check(t.Context(), hookvet.Options{Dir: dir, Env: env(), Patterns: []string{"./..."}})
	if err != nil || len(report.Findings) != 1 || report.Findings[0].Code != hookvet.CodeUse || report.Findings[0].Pos.Line != 3 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// TestExamples: nothing in this repository's own code goes around a hook.
func TestExamples(t *testing.T) {
	report, err := hookvet.Check(t.Context(), hookvet.Options{Dir: "../..", Patterns: []string{"./examples/...", "./internal/..."}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("%s: %s", f.Pos, f.Message)
	}
}

// TestCheckErrors: what cannot be judged is an error, never an empty report.
func TestCheckErrors(t *testing.T) {
	dir := module(t)
	write(t, filepath.Join(dir, "good", "good.go"), []byte("package good\n"))
	write(t, filepath.Join(dir, "broken", "broken.go"), []byte("package broken\n\nvar _ = missing\n"))
	write(t, filepath.Join(dir, "user", "user.go"), []byte("package user\n\nimport _ \"example.com/golden/broken\"\n"))
	write(t, filepath.Join(dir, "brokentest", "a_test.go"), []byte("package brokentest\n\nvar _ = missing\n"))
	for pattern, want := range map[string]string{
		"./good":                         "",
		"./broken":                       "undefined: missing",
		"./user":                         "undefined: missing",
		"./brokentest":                   "undefined: missing",
		"./nowhere":                      "nowhere",
		"./good/...":                     "",
		"example.com/not/there":          "example.com/not/there",
		"example.com/golden/nothing/...": "no packages match",
	} {
		_, err := hookvet.Check(t.Context(), hookvet.Options{Dir: dir, Env: env(), Patterns: []string{pattern}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
}

// module makes a module that uses this one as it stands here.
func module(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod = regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(mod, []byte("module example.com/golden"))
	mod = append(mod, "\nrequire github.com/kestgo/kest v0.0.0\nreplace github.com/kestgo/kest => "+root+"\n"...)
	write(t, filepath.Join(dir, "go.mod"), mod)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), sum)
	return dir
}

func env() []string {
	return append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
