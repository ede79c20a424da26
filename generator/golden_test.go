package generator_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in testdata/golden")

// errorsFile is the section of a case that has the exact text of its errors.
const errorsFile = "errors"

// TestGolden generates each case of testdata/golden in a package of its own. A
// case holds sources, and the outputs or the errors they lead to. Then all
// outputs are compiled, and the tests within the cases run.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("../testdata/golden/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	dir := module(t, "example.com/golden")
	clear(seenCodes)
	ran := 0
	var compiled []string
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			ran++
			if strings.Contains(name, "cgo") && !build.Default.CgoEnabled {
				t.Skip("there is no C compiler")
			}
			if golden(t, path, filepath.Join(dir, name)) {
				compiled = append(compiled, "./"+name+"/...")
			}
		})
	}
	if ran == len(paths) {
		everyCode(t)
	}
	if len(compiled) == 0 { // -run chose cases that are mistakes
		return
	}
	if output, err := goCommand(t, dir, append([]string{"vet"}, compiled...)...); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if output, err := goCommand(t, dir, append([]string{"test"}, compiled...)...); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// seenCodes are the kinds of mistakes that the cases have.
var seenCodes = map[annotations.Code]bool{}

// everyCode fails for kinds of mistakes that no case has.
func everyCode(t *testing.T) {
	t.Helper()
	codes := append(declaredCodes(t, "../annotations/errors.go"), declaredCodes(t, "report.go")...)
	if len(codes) < 20 {
		t.Errorf("found %d kinds of mistakes only", len(codes))
	}
	for _, code := range codes {
		if !seenCodes[code] {
			t.Errorf("no case has a mistake of the kind %s", code)
		}
	}
}

// declaredCodes gives the kinds of mistakes that a file declares.
func declaredCodes(t *testing.T, path string) []annotations.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var codes []annotations.Code
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok {
			code, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, annotations.Code(code))
		}
		return true
	})
	return codes
}

// golden runs one case and says whether it has outputs.
func golden(t *testing.T, path, dir string) bool {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &txtar.Archive{Comment: archive.Comment}
	for _, file := range archive.Files {
		isOutput := strings.HasSuffix(file.Name, "_kest.go") || strings.HasSuffix(file.Name, "_kest_test.go")
		if file.Name == errorsFile || isOutput && !contains(archive, errorsFile) { // with errors there are no outputs
			want.Files = append(want.Files, file)
			continue
		}
		write(t, filepath.Join(dir, file.Name), string(file.Data))
	}
	got := generateCase(t, dir)
	for _, file := range got.Files {
		if file.Name != errorsFile {
			write(t, filepath.Join(dir, file.Name), string(file.Data))
		}
	}
	if *update {
		sources := archive.Files[:len(archive.Files):len(archive.Files)]
		updated := &txtar.Archive{Comment: archive.Comment}
		for _, file := range sources {
			if !contains(want, file.Name) {
				updated.Files = append(updated.Files, file)
			}
		}
		updated.Files = append(updated.Files, got.Files...)
		if err := os.WriteFile(path, txtar.Format(updated), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	return !contains(got, errorsFile)
}

// generateCase gives the outputs or the errors of a case, and makes sure that
// its own outputs do not change the result.
func generateCase(t *testing.T, dir string) *txtar.Archive {
	generated := func() *txtar.Archive {
		output, err := generator.Generate(t.Context(), generator.Options{Dir: dir, Patterns: []string{"./..."}, Origins: []string{"partner"}})
		if err != nil {
			t.Fatal(err)
		}
		archive := &txtar.Archive{}
		if len(output.Diagnostics) > 0 {
			var text bytes.Buffer
			for _, d := range output.Diagnostics {
				seenCodes[d.Code] = true
				text.WriteString(d.Error() + "\n")
			}
			archive.Files = append(archive.Files, txtar.File{Name: errorsFile, Data: text.Bytes()})
			return archive
		}
		for i := range output.Files {
			archive.Files = append(archive.Files, txtar.File{Name: output.Name(&output.Files[i]), Data: output.Files[i].Content})
		}
		if _, err := output.Write(); err != nil {
			t.Fatal(err)
		}
		return archive
	}
	first := generated()
	if diff := cmp.Diff(text(first), text(generated())); diff != "" {
		t.Errorf("generated again it is different: -first +again:\n%s", diff)
	}
	return first
}

func text(archive *txtar.Archive) string {
	return string(txtar.Format(&txtar.Archive{Files: archive.Files}))
}

func contains(archive *txtar.Archive, name string) bool {
	for _, file := range archive.Files {
		if file.Name == name {
			return true
		}
	}
	return false
}
