package rego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/kestgo/kest/runtime/internal/nearest"
)

// A Problem is one mistake in a module or data document.
type Problem struct {
	Kind         ProblemKind
	Path         string // of the file, as the file system has it
	Line, Column int    // from 1
	Message      string // OPA's own words, for the most part
	Hint         string // the way out, or ""
}

// A ProblemKind says at what stage a mistake was found. Those of one stage hide
// those of the next.
type ProblemKind string

// The kinds of problems.
const (
	ProblemSyntax  ProblemKind = "syntax"  // neither Rego v1 nor v0, or a data document that is not strict
	ProblemCompile ProblemKind = "compile" // an unsafe variable, an unknown function, data in the place of a rule …
	ProblemType    ProblemKind = "type"    // see WithTypeCheck
)

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (p *Problem) at(location *ast.Location) {
	if location != nil && location.Row > 0 {
		p.Line, p.Column = location.Row, max(1, location.Col)
	}
}

// problem puts an error of the compiler into words.
func (s *settings) problem(e *ast.Error) Problem {
	p := Problem{Kind: ProblemCompile, Line: 1, Column: 1, Message: firstLine(e.Message)}
	if e.Location != nil {
		p.Path = e.Location.File
		p.at(e.Location)
	}
	if e.Code == ast.TypeErr {
		p.Kind = ProblemType
	}
	if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok && s.leftOut(name) {
		p.Hint = "it is left out, since policies decide by their input alone"
	}
	switch detail := e.Details.(type) {
	case *ast.RefErrInvalidDetail:
		if detail.Pos < len(detail.Ref) {
			p.at(detail.Ref[detail.Pos].Location)
			p.Hint = memberHint(detail)
		}
	case *ast.UnificationErrDetail:
		p.Message += fmt.Sprintf(": %s on the left, %s on the right", types.Sprint(detail.Left), types.Sprint(detail.Right))
	case *ast.ArgErrDetail:
		p.Hint = strings.Join(detail.Lines(), ", ")
	}
	p.Hint = strings.Join(strings.Fields(p.Hint), " ")
	return p
}

// memberHint says what the last known object has.
func memberHint(detail *ast.RefErrInvalidDetail) string {
	var known []string
	for _, value := range detail.OneOf {
		if text, ok := value.(ast.String); ok {
			known = append(known, string(text))
		}
	}
	name, ok := detail.Ref[detail.Pos].Value.(ast.String)
	if !ok || len(known) == 0 {
		return ""
	}
	if near := nearest.Names(string(name), known); len(near) > 0 {
		return "did you mean " + near[0] + "?"
	}
	slices.Sort(known)
	return "there are " + strings.Join(known, ", ")
}
