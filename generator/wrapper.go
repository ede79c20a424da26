package generator

import (
	"go/types"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/annotations"
)

// hookConfig prints the hook, with everything that the directive says.
func (e *emitter) hookConfig(h *hook) jen.Code {
	d := h.directive
	fields := []jen.Code{
		jen.Id("Operation").Op(":").Lit(h.operation),
		jen.Id("Policies").Op(":").Add(texts(d.Policies)),
	}
	add := func(name string, v jen.Code) { fields = append(fields, jen.Id(name).Op(":").Add(v)) }
	if d.Source.Given() {
		add("Source", jen.Lit(d.Source.Value))
	}
	if len(d.Taints) > 0 {
		add("AddTaints", texts(d.Taints))
	}
	if len(d.Untaints) > 0 {
		add("RemoveTaints", texts(d.Untaints))
	}
	if d.Trust.Given() {
		add("TrustOverride", jen.New(jen.Lit(d.Trust.Value)))
	}
	if d.Classification.Given() {
		add("Classification", jen.Lit(d.Classification.Value))
	}
	for _, override := range []struct {
		field, typ string
		variable   annotations.Text
	}{
		{"Engine", "Engine", d.Engine},
		{"Identity", "Identity", d.Identity},
		{"Evaluator", "TrustEvaluator", d.Evaluator},
	} {
		if override.variable.Given() {
			add(override.field, jen.Func().Params().Add(e.kest(override.typ)).Block(jen.Return(jen.Id(override.variable.Value))))
		}
	}
	if h.inputName == "" {
		add("OmitsInput", jen.True())
	}
	lines := jen.CustomFunc(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, func(g *jen.Group) {
		for _, field := range fields {
			g.Add(field)
		}
	})
	return e.kest("MustHook").Call(e.kest("HookConfig").Add(lines))
}

func texts(list []annotations.Text) jen.Code {
	var values []jen.Code
	for _, text := range list {
		values = append(values, jen.Lit(text.Value))
	}
	return jen.Index().String().Values(values...)
}

// locals are the names of a wrapper's own variables.
type locals struct{ call string }

// nameVariables finds names for parameters, results and local variables, so that
// none hides another or what the body refers to.
func (e *emitter) nameVariables(h *hook) locals {
	reserved := map[string]bool{"nil": true, h.hookName: true, h.inputName: true, h.outputName: true, h.attrsName: true}
	if h.receiver == nil {
		reserved[h.rawName()] = true
	}
	for _, param := range h.typeParams {
		reserved[e.typeParamNames[param]] = true
	}
	for _, r := range h.resolvers {
		reserved[r.funcName] = true
		for _, q := range r.template {
			reserved[q.Func] = true
		}
		for _, name := range []string{"string", "bool", "int", "int64", "uint64", "float64", e.imports["strconv"]} {
			reserved[name] = true
		}
	}
	scope := newNames(func(name string) bool { return reserved[name] })
	// First the names that the source gives, which must not change without need.
	for _, named := range []bool{true, false} {
		for _, v := range h.variableList() {
			if own := v.source != "" && v.source != "_"; own == named {
				if own {
					v.name = scope.keep(v.source)
				} else {
					v.name = scope.pick(suggestedName(h, v))
				}
			}
		}
	}
	return locals{call: scope.pick("call")}
}

func (h *hook) variableList() []*variable {
	var list []*variable
	if h.receiver != nil {
		list = append(list, h.receiver)
	}
	list = append(list, h.params...)
	list = append(list, h.results...)
	if h.gainsContext {
		h.context.source = "" // gives way to those of the source
		list = append(list, h.context)
	}
	return append(list, h.err)
}

// suggestedName is for a variable that has no name in the source.
func suggestedName(h *hook, v *variable) string {
	switch {
	case v == h.context:
		return "ctx"
	case v == h.err:
		return "err"
	case v == h.receiver && h.decorator != nil:
		return "v"
	}
	t := v.typ
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	switch t := t.(type) {
	case *types.Named:
		return lowerFirst(t.Obj().Name())
	case *types.Alias:
		return lowerFirst(t.Obj().Name())
	}
	for _, p := range h.params {
		if p == v {
			return "arg"
		}
	}
	if v == h.receiver {
		return "recv"
	}
	return "result"
}

// variableName is the name of a parameter of an append function.
func variableName(v *variable) string {
	if v.name != "" {
		return strings.TrimRight(v.name, "_")
	}
	return v.source
}

func predeclared(name string) bool { return types.Universe.Lookup(name) != nil }

// wrapper prints the function that callers use.
func (e *emitter) wrapper(h *hook) jen.Code {
	l := e.nameVariables(h)
	fn := jen.Add(e.docComment(h)).Func()
	switch {
	case h.decorator != nil:
		fn.Params(jen.Id(h.receiver.name).Op("*").Add(e.instance(h.decorator.name, h.typeParams)))
	case h.receiver != nil:
		fn.Params(jen.Id(h.receiver.name).Add(e.typ(h.receiver.typ)))
	}
	fn.Id(h.wrapper)
	if h.receiver == nil {
		e.generic(fn, h.typeParams)
	}
	var params, results []jen.Code
	if h.gainsContext {
		params = append(params, jen.Id(h.context.name).Add(e.qual("context", "context", "Context")))
	}
	for i, v := range h.params {
		params = append(params, jen.Id(v.name).Add(e.param(h.signature, i)))
	}
	for _, v := range h.results {
		results = append(results, jen.Id(v.name).Add(e.typ(v.typ)))
	}
	results = append(results, jen.Id(h.err.name).Error())
	return fn.Params(params...).Params(results...).Block(e.wrapperBody(h, l)...)
}

func (e *emitter) wrapperBody(h *hook, l locals) []jen.Code {
	ctx, err, call := jen.Id(h.context.name), jen.Id(h.err.name), jen.Id(l.call)
	on := func(method string, args ...jen.Code) *jen.Statement { return jen.Add(call).Dot(method).Call(args...) }
	failed := jen.If(jen.Add(err).Op("!=").Nil()).Block(e.returned(h))
	appended := func(name string, generic typeParams, vars []*variable) jen.Code {
		args := []jen.Code{on("Buffer")}
		for _, v := range vars {
			args = append(args, jen.Id(v.name))
		}
		return e.instance(name, generic).Call(args...)
	}

	body := []jen.Code{
		jen.List(call, err).Op(":=").Id(h.hookName).Dot("Begin").Call(ctx),
		failed,
		jen.Defer().Add(on("End", jen.Op("&").Add(err))),
		jen.Line(),
	}
	for _, r := range h.resolvers {
		body = append(body, e.resolve(h, r, on))
	}
	if h.attrsName != "" {
		body = append(body, on("SetAttributes", appended(h.attrsName, h.genericIn(h.attributeParts()), h.uses(h.attributeParts()))))
	}
	body = append(body, on("Inherit"))
	if h.inputName != "" {
		body = append(body, on("SetInput", appended(h.inputName, h.typeParams.of(h.input), h.input)))
	}
	entered := jen.Id("_")
	if !h.gainsContext {
		entered = ctx
	}
	body = append(body,
		jen.List(entered, err).Op("=").Add(on("Enter")),
		failed,
		jen.Line(),
		e.rawCall(h),
		on("Leave"),
	)
	if h.outputName != "" {
		body = append(body, jen.If(on("Recording")).Block(on("SetOutput", appended(h.outputName, h.typeParams.of(h.output), h.output))))
	}
	return append(body, e.returned(h))
}

// returned is the return statement with all results.
func (e *emitter) returned(h *hook) jen.Code {
	var values []jen.Code
	for _, v := range h.results {
		values = append(values, jen.Id(v.name))
	}
	return jen.Return(append(values, jen.Id(h.err.name))...)
}

// rawCall calls the function itself.
func (e *emitter) rawCall(h *hook) jen.Code {
	var args, assigned []jen.Code
	for _, v := range h.params {
		arg := jen.Id(v.name)
		if v.variadic {
			arg.Op("...")
		}
		args = append(args, arg)
	}
	call := e.instance(h.rawName(), h.typeParams)
	switch {
	case h.decorator != nil:
		call = jen.Id(h.receiver.name).Dot(h.decorator.next).Dot(h.rawName())
	case h.receiver != nil:
		call = jen.Id(h.receiver.name).Dot(h.rawName())
	}
	call.Call(args...)
	for _, v := range h.results {
		assigned = append(assigned, jen.Id(v.name))
	}
	if !h.gainsError {
		assigned = append(assigned, jen.Id(h.err.name))
	}
	if len(assigned) == 0 {
		return call
	}
	return jen.List(assigned...).Op("=").Add(call)
}

// docComment carries over what the function's comment says.
func (e *emitter) docComment(h *hook) jen.Code {
	policies := make([]string, len(h.directive.Policies))
	for i, policy := range h.directive.Policies {
		policies[i] = policy.Value
	}
	raw := h.rawName()
	if h.receiver != nil {
		raw = h.typeName() + "." + raw
	}
	note := "behind its Kest hook: it runs only if the policy " + policies[0] + " allows it."
	if len(policies) > 1 {
		note = "behind its Kest hook: it runs only if the policies " + strings.Join(policies, ", ") + " allow it."
	}
	doc := strings.TrimSpace(h.decl.Doc.Text())
	if rest, ok := strings.CutPrefix(doc, h.rawName()); ok && !startsWithLetter(rest) {
		doc = h.wrapper + rest + "\n\nIt is " + raw + " " + note
	} else if doc != "" {
		doc = h.wrapper + " is " + raw + " " + note + "\n\n" + doc
	} else {
		doc = h.wrapper + " is " + raw + " " + note
	}
	comment := jen.Null()
	for line := range strings.SplitSeq(doc, "\n") {
		text := "//"
		if line != "" {
			text += " " + line
			if line[0] == '\t' {
				text = "//" + line
			}
		}
		comment.Op(text).Line()
	}
	return comment
}

func startsWithLetter(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_'
	}
	return false
}
