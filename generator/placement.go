package generator

import (
	"errors"
	"go/ast"
	"go/scanner"
	"go/token"
	"strconv"

	"github.com/kestgo/kest/annotations"
)

func itoa(n int) string { return strconv.Itoa(n) }

// reportMisplaced reports directives that stand where they do nothing, and near
// misses there. Whoever wrote them believes that something is protected.
func (p *packagePlan) reportMisplaced(file *loadedFile, effective map[*ast.CommentGroup]bool) {
	for _, group := range file.syntax.Comments {
		if effective[group] {
			continue
		}
		for _, comment := range group.List {
			if _, ok := annotations.Verified(comment); ok {
				message, hint := whereIs(file.syntax, group)
				p.report.fail(position(p.Fset, comment.Slash), CodeNoEffect, message, hint)
			} else if err := annotations.NearMiss(p.Fset, comment); err != nil {
				p.report.add(err)
			}
		}
	}
}

// reportUnseen reports an annotated file that is part of no package.
func (s *source) reportUnseen(report *report) {
	at := token.Position{Filename: s.path, Line: 1, Column: 1}
	if usesCgo(s.syntax) {
		report.fail(at, CodeUnsupported, `this file has directives and imports "C", and cgo is off: there is no C compiler, CGO_ENABLED is 0, or the file is for another system`,
			`install a C compiler, or name one with CC; or move the functions to a file without import "C"`)
		return
	}
	if s.err != nil {
		for _, err := range parseErrors(s.err) {
			report.fail(err.Pos, CodeSyntax, err.Msg, "fix the syntax; directives of this file are not read before")
		}
		return
	}
	report.fail(at, CodeUnsupported, "this file has directives and is part of no package under any build configuration that kestgen tries",
		"check its //go:build line and its package clause")
}

// whereIs says what is wrong with the place of a directive.
func whereIs(file *ast.File, group *ast.CommentGroup) (message, hint string) {
	const move = "move it to the doc comment of the function that it is for"
	if group.End() <= file.Package {
		return "a directive above the package clause has no effect", move
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if within(group, decl) {
				return "a directive inside of the function " + decl.Name.Name + " has no effect", move
			}
		case *ast.GenDecl:
			if decl.Doc == group || within(group, decl) {
				return inDeclaration(decl, group)
			}
		}
	}
	return "a directive in a comment of its own has no effect", "remove the empty line between it and the function, or the directive"
}

func within(group *ast.CommentGroup, node ast.Node) bool {
	return node.Pos() <= group.Pos() && group.End() <= node.End()
}

func inDeclaration(decl *ast.GenDecl, group *ast.CommentGroup) (message, hint string) {
	const move = "move it to the doc comment of the function that it is for"
	if decl.Tok != token.TYPE {
		return "a directive on a " + decl.Tok.String() + " declaration has no effect", move
	}
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok || !(within(group, spec) || spec.Doc == group || decl.Doc == group) {
			continue
		}
		if face, ok := spec.Type.(*ast.InterfaceType); ok {
			if within(group, face) {
				return "a directive in the interface " + spec.Name.Name + " that is above no method has no effect", "put it on the methods that it is for, where they are declared"
			}
			return "a directive on the interface " + spec.Name.Name + " has no effect", "put it on the methods that it is for"
		}
		return "a directive on the type " + spec.Name.Name + " has no effect", "put it on the methods that it is for"
	}
	return "a directive on a type declaration has no effect", move
}

// parseErrors takes the errors of the parser apart.
func parseErrors(err error) scanner.ErrorList {
	var list scanner.ErrorList
	if errors.As(err, &list) {
		return list
	}
	return scanner.ErrorList{{Msg: err.Error()}}
}
