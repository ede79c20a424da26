package generator

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// While packages are loaded, the outputs on disk are out of sight. So that code
// which calls wrappers type-checks all the same, and packages that import this
// one find it compiled, stub wrappers are put at the end of each source: there
// they have its imports, and move no position.

// stubContext is the package context in an overlaid source.
const stubContext = "kestgen_context"

// stubbed gives the text of the source with stubs of its wrappers.
func (s *source) stubbed() []byte {
	var stubs strings.Builder
	for _, decl := range s.syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			s.stub(&stubs, decl)
		case *ast.GenDecl:
			s.stubDecorators(&stubs, decl)
		}
	}
	if stubs.Len() == 0 {
		return s.text
	}
	// The import goes on the line of the package clause, so that no line moves.
	clause := int(s.syntax.Name.End() - s.syntax.FileStart)
	imports := ""
	if strings.Contains(stubs.String(), stubContext+".") {
		imports = fmt.Sprintf("; import %s %q", stubContext, "context")
	}
	return fmt.Appendf(nil, "%s%s%s\n%s", s.text[:clause], imports, s.text[clause:], stubs.String())
}

func (s *source) stub(out *strings.Builder, fn *ast.FuncDecl) {
	directive, _ := annotations.Parse(token.NewFileSet(), fn.Doc, annotations.Options{})
	if directive == nil {
		return
	}
	name := wrapperName(fn.Name.Name, directive)
	if name == fn.Name.Name || name == "" {
		return
	}
	s.stubFunc(out, fn, name)
}

// stubDecorators writes a stub of the decorator of each annotated interface.
func (s *source) stubDecorators(out *strings.Builder, decl *ast.GenDecl) {
	for _, face := range annotatedInterfaces(decl) {
		name := face.spec.Name.Name
		params, args := typeParamTexts(face.spec.TypeParams)
		fmt.Fprintf(out, "type %s%s struct{ %s%s }\n", decoratorName(name), params, name, args)
		fmt.Fprintf(out, "func New%s%s(%s%s) *%[1]s%[4]s { panic(0) }\n", decoratorName(name), params, name, args)
		for _, method := range face.methods {
			method.Recv = &ast.FieldList{List: []*ast.Field{{Type: &ast.StarExpr{X: ast.NewIdent(decoratorName(name) + args)}}}}
			s.stubFunc(out, method, method.Name.Name)
		}
	}
}

func (s *source) stubFunc(out *strings.Builder, fn *ast.FuncDecl, name string) {
	if !oneReceiver(fn) {
		return
	}
	out.WriteString("func ")
	if fn.Recv != nil {
		fmt.Fprintf(out, "(%s) ", printed(fn.Recv.List[0].Type))
	}
	out.WriteString(name)
	typeParams, _ := typeParamTexts(fn.Type.TypeParams)
	out.WriteString(typeParams)
	params, results := fields(fn.Type.Params, false), fields(fn.Type.Results, false)
	if !s.hasContext(params) {
		params = append([]string{stubContext + ".Context"}, params...)
	}
	if n := len(results); n == 0 || results[n-1] != "error" {
		results = append(results, "error")
	}
	fmt.Fprintf(out, "(%s) (%s) { panic(0) }\n", strings.Join(params, ", "), strings.Join(results, ", "))
}

// typeParamTexts gives a list of type parameters, and the same as arguments.
func typeParamTexts(list *ast.FieldList) (params, args string) {
	if list == nil {
		return "", ""
	}
	var names []string
	for _, field := range list.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return "[" + strings.Join(fields(list, true), ", ") + "]", "[" + strings.Join(names, ", ") + "]"
}

// hasContext says, by the look of it, whether a parameter is a context.
func (s *source) hasContext(params []string) bool {
	name := "context"
	for _, spec := range s.syntax.Imports {
		if spec.Path.Value == `"context"` && spec.Name != nil {
			name = spec.Name.Name
		}
	}
	want := name + ".Context"
	if name == "." {
		want = "Context"
	}
	for _, param := range params {
		if param == want {
			return true
		}
	}
	return false
}

// fields gives the types of a list, one for each name.
func fields(list *ast.FieldList, named bool) []string {
	if list == nil {
		return nil
	}
	var types []string
	for _, field := range list.List {
		text := printed(field.Type)
		if len(field.Names) == 0 {
			types = append(types, text)
		}
		for _, name := range field.Names {
			if named {
				types = append(types, name.Name+" "+text)
			} else {
				types = append(types, text)
			}
		}
	}
	return types
}

func printed(node ast.Node) string {
	var text bytes.Buffer
	if err := printer.Fprint(&text, token.NewFileSet(), node); err != nil {
		return "invalid"
	}
	return text.String()
}

// oneReceiver is false for what the parser takes and the compiler does not: a
// method with an empty receiver list, or with several.
func oneReceiver(fn *ast.FuncDecl) bool {
	return fn.Recv == nil || len(fn.Recv.List) == 1 && len(fn.Recv.List[0].Names) <= 1
}
