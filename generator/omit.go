package generator

import (
	"go/token"
	"go/types"

	"github.com/dave/jennifer/jen"
)

// notEmpty is the condition of omitempty, nil where it has no effect.
func notEmpty(t types.Type) func(v *jen.Statement) jen.Code {
	if param, ok := types.Unalias(t).(*types.TypeParam); ok {
		set, _ := typeSet(param.Constraint())
		switch k := kindsOf(set); {
		case k == kinds{text: true}:
			return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Lit("") }
		case k.numbers():
			return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Lit(0) }
		}
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Slice, *types.Map:
		return func(v *jen.Statement) jen.Code { return jen.Len(v).Op(">").Lit(0) }
	case *types.Pointer, *types.Interface:
		return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Nil() }
	case *types.Basic:
		return notZeroBasic(u)
	}
	return nil
}

func notZeroBasic(t *types.Basic) func(v *jen.Statement) jen.Code {
	switch info := t.Info(); {
	case info&types.IsBoolean != 0:
		return func(v *jen.Statement) jen.Code { return jen.Add(v) }
	case info&types.IsString != 0:
		return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Lit("") }
	case info&types.IsNumeric != 0:
		return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Lit(0) }
	}
	return func(v *jen.Statement) jen.Code { return jen.Add(v).Op("!=").Nil() } // unsafe.Pointer
}

var isZeroer = types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, nil, "IsZero",
	types.NewSignatureType(nil, nil, nil, nil, types.NewTuple(types.NewVar(token.NoPos, nil, "", types.Typ[types.Bool])), false))}, nil).Complete()

// canBeNil says whether null stands for values of the type.
func canBeNil(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Slice, *types.Map, *types.Interface:
		return true
	}
	return false
}

func hasIsZero(t types.Type) bool {
	return types.Implements(t, isZeroer) || types.Implements(types.NewPointer(t), isZeroer)
}

// notZero is the condition of omitzero: an IsZero method, else a comparison with
// the zero value. It is nil where neither can be written.
func (p *encodings) notZero(t types.Type) func(v value) jen.Code {
	if isTypeParam(t) {
		return nil // it may have IsZero or not
	}
	method := func(v value) jen.Code { return jen.Op("!").Add(v.selected().Dot("IsZero").Call()) }
	switch t.Underlying().(type) {
	case *types.Interface:
		if types.Implements(t, isZeroer) {
			return nil // encoding/json looks whether it holds a nil pointer
		}
	case *types.Pointer:
		if types.Implements(t, isZeroer) {
			return func(v value) jen.Code {
				return jen.Add(v.code).Op("!=").Nil().Op("&&").Add(method(v))
			}
		}
	default:
		if hasIsZero(t) {
			return method
		}
	}
	return p.notZeroValue(t)
}

// notZeroValue is !reflect.Value.IsZero().
func (p *encodings) notZeroValue(t types.Type) func(v value) jen.Code {
	if isTypeParam(t) {
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		condition := notZeroBasic(u)
		return func(v value) jen.Code { return condition(jen.Add(v.code)) }
	case *types.Struct, *types.Array:
		if types.Comparable(t) && p.nameable(t) && !mentionsTypeParam(t) {
			return func(v value) jen.Code { return jen.Add(v.code).Op("!=").Parens(p.emitter.typ(t).Values()) }
		}
		structure, ok := u.(*types.Struct)
		if !ok {
			return nil
		}
		return p.notZeroFields(structure)
	case *types.Interface, *types.Map, *types.Pointer, *types.Slice, *types.Chan, *types.Signature:
		return func(v value) jen.Code { return jen.Add(v.code).Op("!=").Nil() }
	}
	return nil
}

// notZeroFields compares a struct that has no == field by field.
func (p *encodings) notZeroFields(structure *types.Struct) func(v value) jen.Code {
	var conditions []func(v value) jen.Code
	for field := range structure.Fields() {
		if field.Name() == "_" {
			continue
		}
		condition := p.notZeroValue(field.Type())
		if condition == nil || !p.accessible(field) {
			return nil
		}
		conditions = append(conditions, func(v value) jen.Code {
			return condition(value{code: v.selected().Dot(field.Name())})
		})
	}
	if len(conditions) == 0 {
		return func(value) jen.Code { return jen.False() }
	}
	return func(v value) jen.Code {
		any := jen.Add(conditions[0](v))
		for _, condition := range conditions[1:] {
			any = any.Op("||").Add(condition(v))
		}
		return jen.Parens(any)
	}
}
