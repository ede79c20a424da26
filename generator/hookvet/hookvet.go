// Package hookvet answers the question of a security reviewer: can an annotated
// function be called without its hook?
//
// [Analyzer] reports every use of a function with a //kest:verified directive
// outside of the wrapper that kestgen wrote for it: calls, go and defer
// statements, function values, method values and expressions, embedding that
// promotes such a method, conversions to interfaces through which it can be
// called, and references by //go:linkname, assembly and cgo; in the package
// itself, in its tests and in packages that import it. For an interface with
// directives it reports values that become that interface without its
// decorator.
//
// A comment allows one use, on the line below:
//
//	//kest:bypass "reason=migration until March"
//	err := chargeCard(ctx, order)
//
// The analyzer runs under singlechecker, multichecker and go vet. [Check] runs
// it over packages at the cost of loading their export data; kestgen vet is made
// of it. docs/vet.md says what neither can see.
package hookvet

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports uses of annotated functions that go around their hooks. Its
// result is a *[Result].
var Analyzer = &analysis.Analyzer{
	Name: "hookvet",
	Doc: `report calls that go around a Kest hook

A function with a //kest:verified directive is to be called through the wrapper
that kestgen wrote for it, which asks the policies first. hookvet reports every
other use. A comment "//kest:bypass reason=..." on the line above allows one.`,
	URL:        "https://pkg.go.dev/github.com/kestgo/kest/generator/hookvet",
	FactTypes:  []analysis.Fact{new(annotated)},
	ResultType: reflect.TypeFor[*Result](),
	Run:        run,
}

// The kinds of findings, as the category of a diagnostic. They do not change
// from version to version.
const (
	CodeUse        = "raw-use"        // a call, a value, a method expression
	CodeEmbedding  = "raw-embedding"  // a struct that promotes an annotated method
	CodeConversion = "raw-conversion" // an interface through which it can be called
	CodeSymbol     = "raw-symbol"     // linkname, assembly, cgo
	CodeHook       = "hook-access"    // the insides of generated code
	CodeBypass     = "bad-bypass"     // a //kest:bypass that is wrong or allows nothing
)

// A Result is what the analyzer found in one package beside its diagnostics.
type Result struct {
	Bypasses []Bypass // those that allow a use, sorted by position
}

// A Bypass is a use that a //kest:bypass comment allows.
type Bypass struct {
	Pos      token.Pos // of the use
	Function string    // as it is called in the source: Service.charge, payment.Charge
	Reason   string
}

const kestPath = "github.com/kestgo/kest/runtime"

// vetting is the work on one package.
type vetting struct {
	*analysis.Pass
	// functions are the annotated ones of this package and all that it depends
	// on, by package path and key.
	functions map[symbol]*function
	bypasses  []*bypass
	findings  []*finding
}

// A symbol is a function of a package: its key is "f", or "T.m" for a method.
type symbol struct{ path, key string }

// A finding is one use that goes around a hook.
type finding struct {
	pos     token.Pos
	code    string
	subject string // the function
	message string
	// from are the lines below a bypass that allows it: where it stands, and
	// where the statement begins that it is part of.
	from []int
}

func run(pass *analysis.Pass) (any, error) {
	v := &vetting{Pass: pass, functions: map[symbol]*function{}}
	for _, fact := range pass.AllPackageFacts() {
		if fact, ok := fact.Fact.(*annotated); ok {
			v.add(fact.Functions)
		}
	}
	v.add(annotatedIn(pass.Fset, pass.Pkg.Path(), pass.Files))
	if len(v.functions) > 0 && !isTestMain(pass.Pkg) {
		pass.ExportPackageFact(v.fact())
	}
	for _, file := range pass.Files {
		if err := v.readBypasses(file); err != nil {
			return nil, err
		}
	}
	if len(v.functions) > 0 {
		for _, file := range pass.Files {
			v.file(file)
		}
		if err := v.symbols(); err != nil {
			return nil, err
		}
	}
	return v.finish(), nil
}

func (v *vetting) add(functions []function) {
	for i := range functions {
		f := &functions[i]
		v.functions[symbol{f.Path, f.Key}] = f
	}
}

// fact is what importers have to know.
func (v *vetting) fact() *annotated {
	fact := new(annotated)
	for _, f := range v.functions {
		fact.Functions = append(fact.Functions, *f)
	}
	slices.SortFunc(fact.Functions, func(a, b function) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Key, b.Key))
	})
	return fact
}

// file looks at every node of a file.
func (v *vetting) file(file *ast.File) {
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.Ident:
			v.use(n, stack)
			v.instance(n, stack)
		case *ast.StructType:
			v.embedding(n, stack)
		default:
			v.conversions(n, stack)
		}
		return true
	})
}

// report notes a finding. The stack ends with the node that it is about.
func (v *vetting) report(pos token.Pos, stack []ast.Node, code, subject, message string) {
	f := &finding{pos: pos, code: code, subject: subject, message: message, from: []int{v.line(pos)}}
	for _, node := range slices.Backward(stack) {
		switch node.(type) {
		case ast.Stmt, ast.Spec, *ast.Field:
			f.from = append(f.from, v.line(node.Pos()))
		case *ast.FuncLit, *ast.GenDecl:
		default:
			continue
		}
		break
	}
	v.findings = append(v.findings, f)
}

// line is where something stands in its file, whatever //line comments say.
func (v *vetting) line(pos token.Pos) int { return v.Fset.PositionFor(pos, false).Line }

func (v *vetting) filename(pos token.Pos) string { return v.Fset.PositionFor(pos, false).Filename }

// finish matches findings and bypasses and reports what is left.
func (v *vetting) finish() *Result {
	slices.SortStableFunc(v.findings, func(a, b *finding) int { return int(a.pos) - int(b.pos) })
	result := new(Result)
	for _, f := range v.findings {
		if b := v.bypassOf(f); b == nil {
			v.Report(analysis.Diagnostic{Pos: f.pos, Category: f.code, Message: f.message + allowed})
		} else if b.spent {
			v.Report(analysis.Diagnostic{Pos: f.pos, Category: f.code, Message: f.message + "; the //kest:bypass above allows one use and this is another: put it on a line of its own"})
		} else {
			b.spent = true
			result.Bypasses = append(result.Bypasses, Bypass{f.pos, f.subject, b.reason})
		}
	}
	for _, b := range v.bypasses {
		if !b.spent {
			v.mistake(b.pos, "this bypass allows nothing: there is no use of an annotated function on the line below; remove it")
		}
	}
	return result
}

const allowed = ", or allow this one use with //kest:bypass reason=… on the line above"

// mistake reports what is wrong with a bypass.
func (v *vetting) mistake(pos token.Pos, text string) {
	v.Report(analysis.Diagnostic{Pos: pos, Category: CodeBypass, Message: text})
}

// isTestMain says whether a package is the one that go test writes, which nothing
// imports.
func isTestMain(pkg *types.Package) bool {
	return pkg.Name() == "main" && strings.HasSuffix(pkg.Path(), ".test")
}

// lookup gives the annotated function that an object is, or nil.
func (v *vetting) lookup(obj types.Object) *function {
	fn, ok := obj.(*types.Func)
	if !ok || fn.Pkg() == nil {
		return nil
	}
	return v.functions[symbol{packagePath(fn.Pkg().Path()), keyOf(fn)}]
}

// packagePath strips what go vet adds to the path of a package that is compiled
// for a test: "p [p.test]".
func packagePath(path string) string {
	path, _, _ = strings.Cut(path, " [")
	return path
}
