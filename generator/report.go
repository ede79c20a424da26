package generator

import (
	"cmp"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// The mistakes that the generator finds, beyond those of package annotations.
const (
	CodeNoEffect     annotations.Code = "no-effect" // the directive stands where it does nothing
	CodeSyntax       annotations.Code = "syntax"
	CodeSignature    annotations.Code = "broken-signature"
	CodeUnsupported  annotations.Code = "unsupported"
	CodeExported     annotations.Code = "exported-without-name"
	CodeNameClash    annotations.Code = "name-clash"
	CodeUnhashable   annotations.Code = "unhashable-type"
	CodeOmit         annotations.Code = "unknown-omit"
	CodeResolver     annotations.Code = "bad-resolver"
	CodeVariable     annotations.Code = "bad-variable" // engine=, identity=, evaluator=
	CodeOutputExists annotations.Code = "output-exists"
)

// report collects mistakes.
type report struct {
	dir  string
	errs []*annotations.Error
}

func (r *report) empty() bool { return len(r.errs) == 0 }

func (r *report) add(errs ...*annotations.Error) { r.errs = append(r.errs, errs...) }

func (r *report) fail(pos token.Position, code annotations.Code, message, hint string) {
	r.add(&annotations.Error{Pos: pos, Code: code, Message: message, Hint: hint})
}

// sorted gives the mistakes by position, none twice, with file names relative to
// the working directory where they are below it.
func (r *report) sorted() []*annotations.Error {
	for _, err := range r.errs {
		err.Pos.Filename = relative(r.dir, err.Pos.Filename)
	}
	slices.SortStableFunc(r.errs, func(a, b *annotations.Error) int {
		return cmp.Or(
			strings.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(r.errs, func(a, b *annotations.Error) bool {
		return a.Pos == b.Pos && a.Message == b.Message
	})
}

// relative gives the path as the user would write it.
func relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}
