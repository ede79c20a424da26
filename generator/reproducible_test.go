package generator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kestgo/kest/generator"
)

// TestSameBytes generates all golden cases without errors in folders of different
// depth and with different flags: the outputs must be the same.
func TestSameBytes(t *testing.T) {
	paths, err := filepath.Glob("../testdata/golden/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	generated := func(below string, env ...string) map[string][]byte {
		dir := module(t, "example.com/golden")
		if below != "" {
			moved := filepath.Join(t.TempDir(), filepath.FromSlash(below))
			if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			dir = moved
		}
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if contains(archive, errorsFile) {
				continue
			}
			for _, file := range archive.Files {
				if !strings.HasSuffix(file.Name, "_kest.go") && !strings.HasSuffix(file.Name, "_kest_test.go") {
					write(t, filepath.Join(dir, strings.TrimSuffix(filepath.Base(path), ".txtar"), file.Name), string(file.Data))
				}
			}
		}
		output, err := generator.Generate(t.Context(), generator.Options{Dir: dir, Patterns: []string{"./..."}, Origins: []string{"partner"},
			Env: append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"), env...)})
		if err != nil {
			t.Fatal(err)
		}
		if len(output.Diagnostics) > 0 {
			t.Fatal(output.Diagnostics[0])
		}
		files := map[string][]byte{}
		for i := range output.Files {
			files[output.Name(&output.Files[i])] = output.Files[i].Content
		}
		return files
	}
	want := generated("")
	for name, got := range map[string]map[string][]byte{
		"again":             generated(""),
		"in another folder": generated("a b/c.d"),
		"with -trimpath":    generated("", "GOFLAGS=-mod=mod -trimpath"),
		"with other tags":   generated("", "GOFLAGS=-mod=mod -tags=unused"),
	} {
		if len(got) != len(want) || len(want) == 0 {
			t.Errorf("%s: %d outputs, want %d", name, len(got), len(want))
		}
		for file, text := range want {
			if !bytes.Equal(text, got[file]) {
				t.Errorf("%s: %s is different", name, file)
			}
		}
	}
}
