package generator

import (
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"
)

// typeParams are the type parameters of a function, of the type that a method is
// of, or of an interface. Every generated function that mentions one has those
// that it needs, under the same names and constraints.
type typeParams []*types.TypeParam

func typeParamsOf(list *types.TypeParamList) typeParams { return slices.Collect(list.TypeParams()) }

// nameTypeParams finds names for them in the output: those of the source, unless
// they are blank or hide something that generated code may refer to.
func (p *packagePlan) nameTypeParams(params typeParams) {
	for _, param := range params {
		name := param.Obj().Name()
		switch {
		case name == "_":
			name = p.names.pick("T")
		case p.keptTypeParams[name]: // of another function
		case predeclared(name) || p.names.has(name):
			p.names.taken[name] = true
			name = p.names.pick(name)
		default:
			p.keptTypeParams[name] = true
			p.names.taken[name] = true
		}
		p.typeParamNames[param] = name
	}
}

// in gives those that types mention, and those that the constraints of these do.
func (list typeParams) in(mentioning ...types.Type) typeParams {
	found := map[*types.TypeParam]bool{}
	var visit func(t types.Type)
	visit = func(t types.Type) {
		if param, ok := t.(*types.TypeParam); ok && !found[param] {
			found[param] = true
			walkType(param.Constraint(), visit)
		}
	}
	for _, t := range mentioning {
		walkType(t, visit)
	}
	var used typeParams
	for _, param := range list {
		if found[param] {
			used = append(used, param)
		}
	}
	return used
}

// of gives those that variables need.
func (list typeParams) of(vars []*variable) typeParams {
	var all []types.Type
	for _, v := range vars {
		if v.typ != nil {
			all = append(all, v.typ)
		}
	}
	return list.in(all...)
}

// walkType visits a type and those that it is written with: not what is behind
// the name of one.
func walkType(t types.Type, visit func(types.Type)) {
	t = types.Unalias(t)
	visit(t)
	inner := func(t types.Type) { walkType(t, visit) }
	switch t := t.(type) {
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			inner(arg)
		}
	case *types.Pointer:
		inner(t.Elem())
	case *types.Slice:
		inner(t.Elem())
	case *types.Array:
		inner(t.Elem())
	case *types.Chan:
		inner(t.Elem())
	case *types.Map:
		inner(t.Key())
		inner(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			inner(f.Type())
		}
	case *types.Tuple:
		for v := range t.Variables() {
			inner(v.Type())
		}
	case *types.Signature:
		inner(t.Params())
		inner(t.Results())
	case *types.Union:
		for term := range t.Terms() {
			inner(term.Type())
		}
	case *types.Interface:
		for embedded := range t.EmbeddedTypes() {
			inner(embedded)
		}
		for method := range t.ExplicitMethods() {
			inner(method.Type())
		}
	}
}

// mentionsTypeParam says whether a type is not the same for all callers.
func mentionsTypeParam(t types.Type) bool {
	found := false
	walkType(t, func(t types.Type) { found = found || isTypeParam(t) })
	return found
}

// declared prints type parameters where they are declared: T any, K comparable.
func (e *emitter) declared(params typeParams) []jen.Code {
	var list []jen.Code
	for _, param := range params {
		list = append(list, jen.Id(e.typeParamNames[param]).Add(e.constraint(param.Constraint())))
	}
	return list
}

// instance prints a function with its type arguments.
func (e *emitter) instance(name string, params typeParams) *jen.Statement {
	code := jen.Id(name)
	if len(params) == 0 {
		return code
	}
	var list []jen.Code
	for _, param := range params {
		list = append(list, e.typ(param))
	}
	return code.Types(list...)
}

// generic adds type parameters to the name of a function that is declared.
func (e *emitter) generic(fn *jen.Statement, params typeParams) *jen.Statement {
	if len(params) == 0 {
		return fn
	}
	return fn.Types(e.declared(params)...)
}

// constraint writes ~string for interface{ ~string }, as the source does.
func (e *emitter) constraint(t types.Type) jen.Code {
	if face, ok := t.(*types.Interface); ok && face.IsImplicit() {
		return e.typ(face.EmbeddedType(0))
	}
	return e.typ(t)
}

func (e *emitter) union(t *types.Union) *jen.Statement {
	var code *jen.Statement
	for term := range t.Terms() {
		typ := e.typ(term.Type())
		if term.Tilde() {
			typ = jen.Op("~").Add(typ)
		}
		if code == nil {
			code = typ
		} else {
			code.Op("|").Add(typ)
		}
	}
	return code
}
