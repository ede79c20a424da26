package cedar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a file.
type Problem struct {
	Kind         ProblemKind
	Path         string // of the file, as the file system has it
	Line, Column int    // from 1; 0 if it is about the file as a whole
	Message      string
	Hint         string // the way out, or ""
}

// A ProblemKind says at what stage a mistake was found. Those of one stage hide
// those of the next.
type ProblemKind string

// The kinds of problems.
const (
	ProblemSyntax ProblemKind = "syntax" // a file cannot be read, or has something twice
	ProblemSchema ProblemKind = "schema" // something does not fit the schema
)

// Error is the problem on one line, file:line:column first.
func (p Problem) Error() string {
	text := p.Path
	if p.Line > 0 {
		text += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	text += ": " + p.Message
	if p.Hint != "" {
		text += ": " + p.Hint
	}
	return text
}

// at is a problem at a byte of a file.
func (f *file) at(offset int, message, hint string) Problem {
	before := string(f.text[:min(offset, len(f.text))])
	line := strings.Count(before, "\n")
	column := len(before) - (strings.LastIndexByte(before, '\n') + 1)
	return Problem{Kind: ProblemSyntax, Path: f.path, Line: line + 1, Column: column + 1, Message: message, Hint: hint}
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// joined is all problems as one error, one to a line.
type joined []Problem

func (j joined) Error() string {
	lines := make([]string, len(j))
	for i, p := range j {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n\t")
}
