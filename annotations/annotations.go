// Package annotations reads the //kest:verified directive.
//
// A directive stands in the doc comment of a function, a method or an interface
// method and says what the Kest hook around it checks:
//
//	// processPayment charges the order.
//	//
//	//kest:verified policy=kest/allow_trusted source=internal
//	//kest:verified resource=orders/{orderID} "user=batch job"
//	func processPayment(ctx context.Context, orderID string) error
//
// [Parse] turns the text into a [Directive] in which every value has its
// position, and finds all mistakes at once. It knows nothing about types: that
// {orderID} is a parameter is for the generator to check.
package annotations

import (
	"go/ast"
	"go/token"
)

// A Directive is what the directives above one function say together. A field
// whose Pos is not valid was not given.
type Directive struct {
	// Pos is where the first directive begins.
	Pos token.Position

	Policies []Text // deduplicated, in order
	Source   Text
	Taints   []Text
	Untaints []Text
	Trust    Number // 0–100

	Classification Text
	Operation      Text
	Name           Text // of the wrapper: a Go identifier

	User, Agent, Task, Resource Template

	Attributes []Attribute // in the order given

	// The names of package-level variables.
	Engine, Identity, Evaluator Text

	Omit []Text // names of parameters and results
}

// A Text is a value and where it stands.
type Text struct {
	Value string
	Pos   token.Position
}

// Given says whether the value stands in the directive.
func (t Text) Given() bool { return t.Pos.IsValid() }

// A Number is an integer and where it stands.
type Number struct {
	Value int
	Pos   token.Position
}

// Given says whether the value stands in the directive.
func (n Number) Given() bool { return n.Pos.IsValid() }

// An Attribute is the value of an attr.<key> argument.
type Attribute struct {
	Key   Text
	Value Template
}

// Options are what [Parse] needs to know beyond the text.
type Options struct {
	// Origins are the names of origins of data that the project registers, in
	// addition to the seven built-in ones.
	Origins []string
}

// Parse reads the directives in the doc comment of one declaration. It returns
// nil and no errors when there is none. When there are errors the directive
// holds what could be read. Comments that only look like directives are errors:
// [NearMiss] says which.
func Parse(fset *token.FileSet, doc *ast.CommentGroup, options Options) (*Directive, []*Error) {
	if doc == nil {
		return nil, nil
	}
	p := parser{fset: fset, options: options, given: map[string]token.Position{}}
	for _, comment := range doc.List {
		if directive, ok := Verified(comment); ok {
			p.directive(directive)
		} else if err := NearMiss(fset, comment); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	if p.result == nil {
		return nil, p.errs
	}
	p.finish()
	return p.result, p.errs
}

// Verified returns the //kest:verified directive that a comment is, if it is
// one. What its arguments say is not checked.
func Verified(comment *ast.Comment) (ast.Directive, bool) {
	directive, ok := ast.ParseDirective(comment.Slash, comment.Text)
	return directive, ok && directive.Tool == "kest" && directive.Name == "verified"
}
