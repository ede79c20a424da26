package generator

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
)

// An unformatted output is one that has been made and is still to be printed.
type unformatted struct {
	fset *token.FileSet
	file *ast.File
}

// finish renders the output and parses it again.
func (e *emitter) finish(f *filePlan) (*unformatted, error) {
	var text bytes.Buffer
	text.WriteString(generatedHeader + "\n\n")
	if expr := constraintOf(f.path, f.source.syntax); expr != nil {
		fmt.Fprintf(&text, "//go:build %s\n\n", expr)
	}
	if err := e.file.Render(&text); err != nil {
		return nil, err
	}
	out := &unformatted{fset: token.NewFileSet()}
	var err error
	out.file, err = parser.ParseFile(out.fset, "", groupImports(text.Bytes()), parser.ParseComments|parser.SkipObjectResolution)
	return out, err
}

// hides says whether an identifier that is no import has one of the names.
func (u *unformatted) hides(names map[string]bool) bool {
	found := false
	ast.Inspect(u.file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.SelectorExpr:
			_, qualified := node.X.(*ast.Ident)
			return !qualified
		case *ast.Ident:
			found = found || node != u.file.Name && names[node.Name]
		}
		return !found
	})
	return found
}

// print is what go/format does, which would parse the text another time.
func (u *unformatted) print() ([]byte, error) {
	ast.SortImports(u.fset, u.file)
	var text bytes.Buffer
	config := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}
	if err := config.Fprint(&text, u.fset, u.file); err != nil {
		return nil, internalError("printing: %w", err)
	}
	return text.Bytes(), nil
}
