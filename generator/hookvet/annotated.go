package hookvet

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kestgo/kest/annotations"
)

// annotated is the fact about a package: the functions with directives in it and
// in all that it depends on. It is one of the package and not of the functions
// because facts about objects reach importers only for what the export data
// names, and linkname reaches the rest. It names the dependencies' functions
// because go vet hands a fact to direct importers only.
type annotated struct {
	Functions []function
}

// A function has a directive.
type function struct {
	Path    string // of its package
	Key     string // "f", "T.m", or "X.m" for the method of an interface
	Wrapper string // the name of the wrapper, "" if kestgen refuses to make one
	// Decorator is the type with the hooks when the function is the method of
	// an interface.
	Decorator string
}

// AFact marks the type as a fact.
func (*annotated) AFact() {}

func (a *annotated) String() string {
	var list []string
	for _, f := range a.Functions {
		list = append(list, f.Path+"."+f.Key+"→"+cmp.Or(f.Wrapper, f.Decorator, "?"))
	}
	return strings.Join(list, " ")
}

// annotatedIn collects the functions with directives in the files of a package.
// It needs no types, so that dependencies can be read without type-checking.
func annotatedIn(fset *token.FileSet, path string, files []*ast.File) []function {
	a := collector{fset: fset, path: packagePath(path), aliases: map[string]ast.Expr{}}
	for _, file := range files {
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				a.alias(decl)
			}
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				a.function(decl)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						a.interfaceMethods(spec)
					}
				}
			}
		}
	}
	return a.functions
}

type collector struct {
	fset      *token.FileSet
	path      string
	aliases   map[string]ast.Expr // what they stand for
	functions []function
}

// alias notes aliases: a receiver may be written with one.
func (a *collector) alias(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		if spec, ok := spec.(*ast.TypeSpec); ok && spec.Assign.IsValid() {
			a.aliases[spec.Name.Name] = spec.Type
		}
	}
}

func (a *collector) function(decl *ast.FuncDecl) {
	if !hasDirective(decl.Doc) {
		return
	}
	f := function{Path: a.path, Key: decl.Name.Name, Wrapper: upperFirst(decl.Name.Name)}
	// Mistakes in the directive are kestgen's to report: the function is annotated.
	if directive, _ := annotations.Parse(a.fset, decl.Doc, annotations.Options{}); directive.Name.Given() {
		f.Wrapper = directive.Name.Value
	}
	if f.Wrapper == decl.Name.Name {
		f.Wrapper = ""
	}
	if decl.Recv != nil && len(decl.Recv.List) == 1 {
		receiver := receiverName(decl.Recv.List[0].Type)
		for range len(a.aliases) { // one may stand for another
			if target := a.aliases[receiver]; target != nil {
				receiver = receiverName(target)
			}
		}
		f.Key = receiver + "." + f.Key
	}
	a.functions = append(a.functions, f)
}

func (a *collector) interfaceMethods(spec *ast.TypeSpec) {
	face, ok := spec.Type.(*ast.InterfaceType)
	if !ok || spec.Assign.IsValid() { // the methods of an alias belong to no type
		return
	}
	for _, field := range face.Methods.List {
		if len(field.Names) == 1 && hasDirective(field.Doc) {
			a.functions = append(a.functions, function{
				Path:      a.path,
				Key:       spec.Name.Name + "." + field.Names[0].Name,
				Decorator: "Verified" + upperFirst(spec.Name.Name),
			})
		}
	}
}

func hasDirective(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(comment *ast.Comment) bool {
		_, ok := annotations.Verified(comment)
		return ok
	})
}

// upperFirst names wrappers as the generator does: the golden cases hold the two
// together.
func upperFirst(s string) string {
	s = strings.TrimLeft(s, "_")
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// receiverName is the name of a receiver's type.
func receiverName(expr ast.Expr) string {
	for {
		switch e := expr.(type) {
		case *ast.ParenExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// keyOf is the key of a function or method, also of an instance of a generic one.
// It is "" for methods of interfaces without a name and of types within functions.
func keyOf(fn *types.Func) string {
	if fn.Signature().Recv() == nil {
		return fn.Name()
	}
	named := receiverOf(fn)
	if named == nil || named.Parent() != nil && named.Parent() != named.Pkg().Scope() {
		return ""
	}
	return named.Name() + "." + fn.Name()
}

// receiverOf is the type that a method is declared on, nil for functions and for
// methods of interfaces without a name.
func receiverOf(fn *types.Func) *types.TypeName {
	recv := fn.Origin().Signature().Recv()
	if recv == nil {
		return nil
	}
	t := types.Unalias(recv.Type())
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj()
	}
	return nil
}

// name is what a function is called in a message, seen from this package.
func (v *vetting) name(fn *types.Func, f *function) string { return v.qualified(fn, f.Key) }

func (v *vetting) qualified(fn *types.Func, key string) string {
	if fn.Pkg() == v.Pkg {
		return key
	}
	return fn.Pkg().Name() + "." + key
}

// wayOut says what to call instead.
func (v *vetting) wayOut(fn *types.Func, f *function) string {
	if f.Wrapper == "" {
		return "name its wrapper with name= in the directive and call that"
	}
	receiver, _, method := strings.Cut(f.Key, ".")
	if method {
		return fmt.Sprintf("call its wrapper %s", v.qualified(fn, receiver+"."+f.Wrapper))
	}
	return "call its wrapper " + v.qualified(fn, f.Wrapper)
}
