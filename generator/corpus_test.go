//go:build corpus

package generator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
)

// The packages that this repository's go.mod has in the module cache, of which
// every function gets a directive.
var corpusPackages = []string{
	"github.com/dave/jennifer/jen",
	"github.com/fsnotify/fsnotify",
	"github.com/go-jose/go-jose/v4",
	"github.com/go-jose/go-jose/v4/jwt",
	"github.com/google/go-cmp/cmp",
	"github.com/google/uuid",
	"github.com/gowebpki/jcs",
	"github.com/lestrrat-go/jwx/v3/jwk",
	"github.com/open-policy-agent/opa/v1/ast",
	"github.com/open-policy-agent/opa/v1/util",
	"github.com/prometheus/client_golang/prometheus",
	"github.com/prometheus/common/model",
	"github.com/rogpeppe/go-internal/txtar",
	"github.com/sirupsen/logrus",
	"github.com/vektah/gqlparser/v2/ast",
	"go.opentelemetry.io/otel/attribute",
	"go.opentelemetry.io/otel/baggage",
	"go.yaml.in/yaml/v4",
	"golang.org/x/mod/modfile",
	"golang.org/x/mod/module",
	"golang.org/x/mod/semver",
	"golang.org/x/mod/sumdb/tlog",
	"golang.org/x/tools/go/ast/astutil",
	"golang.org/x/tools/txtar",
}

// What may be said about code that compiles.
var documentedRefusals = []annotations.Code{generator.CodeUnhashable, generator.CodeNameClash, generator.CodeUnsupported}

const corpusModule = "example.com/corpus"

// TestCorpus annotates functions that others wrote, in copies of their packages,
// and counts what becomes of them. It takes minutes: make corpus runs it. Refusals must be documented ones; all other
// outputs must compile, and write what encoding/json says.
func TestCorpus(t *testing.T) {
	dir := module(t, corpusModule)
	copied := copyPackages(t, dir)
	functions := map[string]*corpusFunction{} // by file:line of the directive
	for _, pkg := range copied {
		annotate(t, pkg, functions)
	}
	total := len(functions)
	refused := map[annotations.Code]int{}
	reasons := map[string]int{}
	for round := 0; ; round++ {
		output, err := generator.Generate(t.Context(), generator.Options{Dir: dir, Patterns: []string{"./..."}, Env: corpusEnv()})
		if err != nil {
			t.Fatal(err)
		}
		if len(output.Diagnostics) == 0 {
			if _, err := output.Write(); err != nil {
				t.Fatal(err)
			}
			break
		}
		if round == 5 {
			t.Fatalf("still refused: %v", output.Diagnostics[0])
		}
		refuse(t, dir, output.Diagnostics, functions, refused, reasons)
	}
	t.Logf("%d packages, %d functions: %d wrapped, %d refused", len(copied), total, len(functions), total-len(functions))
	for _, code := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("\trefused with %s: %d", code, refused[code])
	}
	for _, reason := range slices.SortedFunc(maps.Keys(reasons), func(a, b string) int { return reasons[b] - reasons[a] }) {
		t.Logf("\t\t%4d %s", reasons[reason], reason)
	}
	if output, err := goCommand(t, dir, "build", "./..."); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	writeComparisons(t, dir, copied, functions)
	output, err := goCommand(t, dir, "test", "-v", "-run", "TestKestCorpus", "./...")
	for line := range strings.SplitSeq(output, "\n") {
		if strings.Contains(line, "compared") || strings.HasPrefix(line, "ok") {
			t.Log(line)
		}
	}
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

func corpusEnv() []string {
	return append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
}

// A corpusPackage is a copied package.
type corpusPackage struct {
	ImportPath, Name, Dir                    string
	GoFiles, SFiles, HFiles, EmbedFiles      []string
	CgoFiles, IgnoredGoFiles, IgnoredSources []string
	Module                                   *struct{ Path string }

	target string
	chosen bool
}

// copyPackages copies them with those of their modules that they need, under
// import paths of the temporary module: the runtime, which the outputs import,
// may depend on the originals.
func copyPackages(t *testing.T, dir string) []*corpusPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json"}, corpusPackages...)...)
	cmd.Dir = dir
	cmd.Env = corpusEnv()
	listed, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []*corpusPackage
	modules := map[string]bool{}
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
		pkg := &corpusPackage{}
		if err := decoder.Decode(pkg); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkg.chosen = slices.Contains(corpusPackages, pkg.ImportPath)
		if pkg.chosen {
			modules[pkg.Module.Path] = true
		}
		all = append(all, pkg)
	}
	replace := map[string]string{}
	for _, pkg := range all {
		if pkg.Module != nil && modules[pkg.Module.Path] {
			replace[pkg.ImportPath] = corpusModule + "/" + pkg.ImportPath
		}
	}
	var chosen []*corpusPackage
	for _, pkg := range all {
		if replace[pkg.ImportPath] == "" {
			continue
		}
		pkg.target = filepath.Join(dir, filepath.FromSlash(pkg.ImportPath))
		for _, name := range slices.Concat(pkg.GoFiles, pkg.SFiles, pkg.HFiles, pkg.EmbedFiles) {
			text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".go") {
				text = rewriteImports(t, name, text, replace)
			}
			write(t, filepath.Join(pkg.target, name), string(text))
		}
		if pkg.chosen {
			chosen = append(chosen, pkg)
		}
	}
	oracle, err := os.ReadFile("testdata/corpus/kestoracle.go")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "kestoracle", "kestoracle.go"), string(oracle))
	return chosen
}

func rewriteImports(t *testing.T, name string, text []byte, replace map[string]string) []byte {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	// A canonical import path would not be ours.
	text = bytes.Replace(text, []byte("// import \""), []byte("// was: import \""), 1)
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if to := replace[path]; to != "" {
			text = bytes.Replace(text, []byte(spec.Path.Value), []byte(strconv.Quote(to)), 1)
		}
	}
	return text
}

// A corpusFunction is an annotated one.
type corpusFunction struct {
	file       string
	line, last int // of the directive, and of the end of the signature
	word       string
	names      []string // of what is hashed, nil if it cannot be compared
}

// annotate writes a directive above every function of a package.
func annotate(t *testing.T, pkg *corpusPackage, functions map[string]*corpusFunction) {
	t.Helper()
	for _, name := range pkg.GoFiles {
		path := filepath.Join(pkg.target, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		var annotated bytes.Buffer
		done, added := 0, 0
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			at := fset.Position(decl.Pos())
			if !ok || fn.Body == nil || fn.Name.Name == "init" || fn.Name.Name == "_" || at.Column != 1 && fn.Doc == nil {
				continue
			}
			at = fset.Position(fn.Type.Func)
			annotated.Write(text[done:at.Offset])
			done = at.Offset
			annotated.WriteString("//kest:verified policy=p")
			if ast.IsExported(fn.Name.Name) {
				annotated.WriteString(" name=Kest" + fn.Name.Name)
			}
			annotated.WriteString("\n")
			f := &corpusFunction{file: path, line: at.Line + added, word: wordOf(fn), names: hashed(fn)}
			added++
			f.last = fset.Position(fn.Type.End()).Line + added
			functions[fmt.Sprintf("%s:%d", path, f.line)] = f
		}
		annotated.Write(text[done:])
		write(t, path, annotated.String())
	}
}

// wordOf is what the names of the generated functions begin with.
func wordOf(fn *ast.FuncDecl) string {
	word := upper(fn.Name.Name)
	if fn.Recv == nil {
		return word
	}
	receiver := fn.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return upper(name.Name) + word
	}
	return ""
}

func upper(s string) string {
	s = strings.TrimLeft(s, "_")
	if s == "" {
		return ""
	}
	return string(unicode.ToUpper(rune(s[0]))) + s[1:]
}

// hashed gives the names of the parameters, nil if they are generic or blank.
func hashed(fn *ast.FuncDecl) []string {
	names := []string{}
	if fn.Type.TypeParams != nil {
		return nil
	}
	for _, field := range fn.Type.Params.List {
		if selector, ok := field.Type.(*ast.SelectorExpr); ok && selector.Sel.Name == "Context" {
			continue
		}
		if len(field.Names) == 0 {
			return nil
		}
		for _, name := range field.Names {
			if name.Name == "_" {
				return nil
			}
			names = append(names, name.Name)
		}
	}
	return names
}

// refuse takes the directives away that have errors, and counts them by code.
func refuse(t *testing.T, dir string, errs []*annotations.Error, functions map[string]*corpusFunction, refused map[annotations.Code]int, reasons map[string]int) {
	t.Helper()
	gone := map[*corpusFunction]bool{}
	for _, err := range errs {
		path := filepath.Join(dir, err.Pos.Filename)
		var at *corpusFunction
		for _, f := range functions {
			if f.file == path && f.line <= err.Pos.Line && err.Pos.Line <= f.last {
				at = f
			}
		}
		if at == nil {
			t.Fatalf("a refusal of no function: %v", err)
		}
		if gone[at] {
			continue
		}
		gone[at] = true
		if !slices.Contains(documentedRefusals, err.Code) {
			t.Errorf("not a documented refusal: %v", err)
		}
		refused[err.Code]++
		reasons[string(err.Code)+": "+reasonOf(err.Message)]++
	}
	for f := range gone {
		text, err := os.ReadFile(f.file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(text), "\n")
		lines[f.line-1] = "//\n" // so that no line moves
		write(t, f.file, strings.Join(lines, ""))
		delete(functions, fmt.Sprintf("%s:%d", f.file, f.line))
	}
}

// reasonOf is a message without what differs from function to function.
func reasonOf(message string) string {
	for _, known := range []string{
		"is a channel", "is a function", "is complex", "is an interface whose values", "has keys", "is protobuf", "is exported", "clashes with",
		"is an address", "contains itself", "has values of a type that this package cannot name", "omitzero", "is embedded where", "cannot reach",
		"is a protobuf message", "does not type-check", "that this package cannot name",
	} {
		if strings.Contains(message, known) {
			return known
		}
	}
	return message
}

// writeComparisons writes a test into each package that compares its functions
// with encoding/json.
func writeComparisons(t *testing.T, dir string, pkgs []*corpusPackage, functions map[string]*corpusFunction) {
	t.Helper()
	for _, pkg := range pkgs {
		words := map[string][]*corpusFunction{}
		for _, f := range functions {
			if filepath.Dir(f.file) == pkg.target && f.names != nil && f.word != "" {
				words[f.word] = append(words[f.word], f)
			}
		}
		generated := generatedInputs(t, pkg.target)
		var cases strings.Builder
		for _, word := range slices.Sorted(maps.Keys(words)) {
			if len(words[word]) > 1 || !generated["append"+word+"Input"] {
				continue
			}
			fmt.Fprintf(&cases, "\t\t{%q, %#v, append%sInput},\n", word, words[word][0].names, word)
		}
		write(t, filepath.Join(pkg.target, "kest_corpus_test.go"), fmt.Sprintf(`package %s

import (
	"testing"

	%q
)

func TestKestCorpus(t *testing.T) {
	kestoracle.Compare(t, []kestoracle.Case{
%s	})
}
`, pkg.Name, corpusModule+"/kestoracle", cases.String()))
	}
}

// generatedInputs are the functions that write inputs and are not generic.
func generatedInputs(t *testing.T, dir string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	paths, _ := filepath.Glob(filepath.Join(dir, "*_kest.go"))
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Type.TypeParams == nil {
				found[fn.Name.Name] = true
			}
		}
	}
	return found
}
