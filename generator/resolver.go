package generator

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/annotations"
)

// A resolver is a user=, agent=, task= or resource= template.
type resolver struct {
	set      string // of kest.Call: SetUser …
	key      string
	template []*part
	funcName string // of the function that resolves it, "" if an expression does
}

// An attribute is an attr.<key>= template.
type attribute struct {
	key      string
	template []*part
	encoding encoding // of a single expression, which keeps its JSON type
}

// A part is a piece of a template, type-checked.
type part struct {
	annotations.Part
	typ     types.Type  // of the expression
	root    *variable   // of a path
	checks  [][]string  // field paths from the root that must not be nil
	fields  []string    // field path from the root
	args    []*variable // of a function
	format  *textFormat // as text
	fails   bool        // the function has an error result
	fn      *types.Func // of the package
	generic typeParams  // that the function is called with
}

// planResolvers type-checks the templates.
func (p *packagePlan) planResolvers(f *filePlan, h *hook) {
	for _, r := range []struct {
		set, key string
		template annotations.Template
	}{
		{"SetUser", "user", h.directive.User},
		{"SetAgent", "agent", h.directive.Agent},
		{"SetTask", "task", h.directive.Task},
		{"SetResource", "resource", h.directive.Resource},
	} {
		if !r.template.Given() {
			continue
		}
		parts, ok := p.parts(h, r.template, false)
		if !ok {
			continue
		}
		planned := &resolver{set: r.set, key: r.key, template: parts}
		if slices.ContainsFunc(parts, (*part).needsStatements) {
			planned.funcName = p.names.pick("resolve" + h.word + upperFirst(r.key))
		}
		h.resolvers = append(h.resolvers, planned)
	}
	for _, a := range h.directive.Attributes {
		single := len(a.Value.Parts) == 1 && a.Value.Parts[0].Text == ""
		parts, ok := p.parts(h, a.Value, single)
		if !ok {
			continue
		}
		planned := &attribute{key: a.Key.Value, template: parts}
		if single {
			var problem *problem
			planned.encoding, problem = f.encodings.plan(parts[0].Expr(), parts[0].typ)
			if problem != nil {
				p.report.fail(parts[0].Pos, CodeUnhashable, problem.path+": "+problem.reason+", so it cannot be written as JSON", "use a field of it that can")
			}
		}
		h.attributes = append(h.attributes, planned)
	}
	if len(h.attributes) > 0 {
		h.attrsName = p.names.pick("append" + h.word + "Attributes")
	}
}

// parts checks the parts of a template; json is set for one whose value is not
// made into text.
func (p *packagePlan) parts(h *hook, template annotations.Template, json bool) ([]*part, bool) {
	var parts []*part
	ok := len(template.Parts) > 0
	for _, source := range template.Parts {
		planned := &part{Part: source}
		var err, hint string
		switch {
		case source.Func != "":
			err, hint = p.function(h, planned)
		case source.Path != nil:
			err, hint = p.fieldPath(h, planned)
		}
		if err == "" && source.Text == "" && !json {
			planned.format = formatOf(planned.typ)
			if planned.format == nil {
				err = fmt.Sprintf("%s is of type %s, which has no text form", source.Expr(), typeString(planned.typ, p.Types))
				hint = "use a string, a number, a bool or a type with MarshalText or String"
			}
		}
		if err != "" {
			p.report.fail(source.Pos, CodeResolver, err, hint)
			ok = false
		}
		parts = append(parts, planned)
	}
	return parts, ok
}

// fieldPath finds the parameter and the fields.
func (p *packagePlan) fieldPath(h *hook, planned *part) (problem, hint string) {
	root := planned.Path[0]
	var known []string
	for _, v := range h.params {
		if v == h.context || v.source == "" || v.source == "_" {
			continue
		}
		known = append(known, v.source)
		if v.source == root {
			planned.root = v
		}
	}
	if h.receiver != nil && h.decorator == nil {
		known = append(known, "recv")
		if planned.root == nil && (root == "recv" || root == h.receiver.source && root != "_") {
			planned.root = h.receiver
		}
	}
	if planned.root == nil {
		hint = "there are no parameters to use"
		if len(known) > 0 {
			hint = "there are " + strings.Join(known, ", ")
		}
		if near := annotations.Nearest(root, known); near != "" {
			hint = "did you mean {" + strings.Join(append([]string{near}, planned.Path[1:]...), ".") + "}?"
		}
		return fmt.Sprintf("%s: %s is no parameter of %s", planned.Expr(), root, h.rawName()), hint
	}
	t := planned.root.typ
	var walked []string
	for _, name := range planned.Path[1:] {
		obj, index, _ := types.LookupFieldOrMethod(t, true, p.Types, name)
		field, ok := obj.(*types.Var)
		if !ok {
			return noField(planned, t, name, p.Types)
		}
		for _, i := range index { // embedded fields on the way may be nil as well
			if pointer, ok := t.Underlying().(*types.Pointer); ok {
				planned.checks = append(planned.checks, slices.Clone(walked))
				t = pointer.Elem()
			}
			f := t.Underlying().(*types.Struct).Field(i)
			if f.Pkg() != p.Types && !f.Exported() {
				return fmt.Sprintf("%s: the embedded field %s cannot be reached", planned.Expr(), f.Name()), "use another field, or {fn:function}"
			}
			walked = append(walked, f.Name())
			t = f.Type()
		}
		planned.fields = append(planned.fields, field.Name())
	}
	planned.typ = t
	return "", ""
}

func noField(planned *part, t types.Type, name string, self *types.Package) (problem, hint string) {
	base := t
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		base = pointer.Elem()
	}
	var fields []string
	if structure, ok := base.Underlying().(*types.Struct); ok {
		for f := range structure.Fields() {
			if f.Exported() || f.Pkg() == self {
				fields = append(fields, f.Name())
			}
		}
	}
	hint = "use a field, or {fn:function} for anything else"
	if near := annotations.Nearest(name, fields); near != "" {
		hint = "did you mean " + near + "?"
	}
	return fmt.Sprintf("%s: %s has no field %s", planned.Expr(), typeString(t, self), name), hint
}

// function finds the function of a {fn:…} resolver.
func (p *packagePlan) function(h *hook, planned *part) (problem, hint string) {
	name := planned.Func
	fn, ok := p.Types.Scope().Lookup(name).(*types.Func)
	if !ok {
		return fmt.Sprintf("%s: this package has no function %s", planned.Expr(), name), "declare it with the parameters of " + h.rawName()
	}
	signature := fn.Signature()
	if n := signature.TypeParams().Len(); n > 0 && n == len(h.typeParams) {
		var args []types.Type
		for _, param := range h.typeParams {
			args = append(args, param)
		}
		if instance, err := types.Instantiate(nil, signature, args, true); err == nil {
			signature, planned.generic = instance.(*types.Signature), h.typeParams
		}
	}
	switch {
	case signature.TypeParams().Len() > 0:
		return fmt.Sprintf("%s: the function has other type parameters than %s", planned.Expr(), h.rawName()), "give it the same ones, or none"
	case sameParams(signature, h.signature, nil):
		planned.args = h.params
	case h.receiver != nil && h.decorator == nil && sameParams(signature, h.signature, h.receiver):
		planned.args = append([]*variable{h.receiver}, h.params...)
	default:
		return fmt.Sprintf("%s: the function has other parameters than %s", planned.Expr(), h.rawName()), "give it the parameters of " + h.rawName() + ", in the same order"
	}
	results := signature.Results()
	switch {
	case results.Len() == 2 && isError(results.At(1).Type()):
		planned.fails = true
	case results.Len() != 1:
		return fmt.Sprintf("%s: the function must return one value, or one and an error", planned.Expr()), "give it the results (string, error)"
	}
	planned.typ, planned.fn = results.At(0).Type(), fn
	return "", ""
}

func sameParams(signature, want *types.Signature, receiver *variable) bool {
	var expected []types.Type
	if receiver != nil {
		expected = append(expected, receiver.typ)
	}
	for v := range want.Params().Variables() {
		expected = append(expected, v.Type())
	}
	if signature.Params().Len() != len(expected) || signature.Variadic() != want.Variadic() {
		return false
	}
	for i, t := range expected {
		if !types.Identical(signature.Params().At(i).Type(), t) {
			return false
		}
	}
	return true
}

// needsStatements says whether resolving it can fail.
func (q *part) needsStatements() bool {
	return q.fails || len(q.checks) > 0 || q.format != nil && (q.format.fails || q.format.pointer)
}

// expr is the value of the part.
func (q *part) expr(e *emitter) *jen.Statement {
	if q.Func != "" {
		return q.call(e)
	}
	code := jen.Id(q.root.name)
	for _, name := range q.fields {
		code.Dot(name)
	}
	return code
}

func (q *part) call(e *emitter) *jen.Statement {
	var args []jen.Code
	for _, v := range q.args {
		arg := jen.Id(v.name)
		if v.variadic {
			arg.Op("...")
		}
		args = append(args, arg)
	}
	return e.instance(q.Func, q.generic).Call(args...)
}

// genericIn gives the type parameters of a function that resolves parts.
func (h *hook) genericIn(parts []*part) typeParams {
	if slices.ContainsFunc(parts, func(q *part) bool { return len(q.generic) > 0 }) {
		return h.typeParams
	}
	return h.typeParams.of(h.uses(parts))
}

// uses lists the variables that parts need, in the order of the parameters.
func (h *hook) uses(parts []*part) []*variable {
	var used []*variable
	for _, v := range append([]*variable{h.receiver}, h.params...) {
		if v != nil && slices.ContainsFunc(parts, func(q *part) bool { return q.root == v || slices.Contains(q.args, v) }) {
			used = append(used, v)
		}
	}
	return used
}
