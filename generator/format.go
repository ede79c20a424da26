package generator

import (
	"go/token"
	"go/types"

	"github.com/dave/jennifer/jen"
)

// A textFormat makes text of a value without reflection.
type textFormat struct {
	text    func(e *emitter, v jen.Code) jen.Code
	fails   bool // text gives (…, error)
	pointer bool // to be dereferenced, nil is an error
}

var stringer = types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, nil, "String",
	types.NewSignatureType(nil, nil, nil, nil, types.NewTuple(types.NewVar(token.NoPos, nil, "", types.Typ[types.String])), false))}, nil).Complete()

// formatOf gives the text form of a type, nil if it has none: what MarshalText
// says, else strings, numbers and booleans as they are, else what String says.
func formatOf(t types.Type) *textFormat {
	if types.IsInterface(t) {
		return nil // it may hold nil
	}
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		if types.Implements(t, textMarshaler) {
			return &textFormat{text: marshalText, fails: true, pointer: true}
		}
		if f := formatOf(pointer.Elem()); f != nil && !f.pointer && !f.fails {
			inner := f.text
			return &textFormat{pointer: true, text: func(e *emitter, v jen.Code) jen.Code { return inner(e, jen.Op("*").Add(v)) }}
		}
		return nil
	}
	if types.Implements(t, textMarshaler) {
		return &textFormat{text: marshalText, fails: true}
	}
	if basic, ok := t.Underlying().(*types.Basic); ok {
		return formatBasic(t, basic)
	}
	if types.Implements(t, stringer) {
		return &textFormat{text: func(_ *emitter, v jen.Code) jen.Code { return jen.Add(v).Dot("String").Call() }}
	}
	return nil
}

func marshalText(_ *emitter, v jen.Code) jen.Code { return jen.Add(v).Dot("MarshalText").Call() }

func formatBasic(t types.Type, basic *types.Basic) *textFormat {
	convert := func(name string, v jen.Code) jen.Code {
		if own, ok := types.Unalias(t).(*types.Basic); ok && own.Name() == name {
			return v
		}
		return jen.Id(name).Call(v)
	}
	strconv := func(call, as string, more ...jen.Code) *textFormat {
		return &textFormat{text: func(e *emitter, v jen.Code) jen.Code {
			return e.qual("strconv", "strconv", call).Call(append([]jen.Code{convert(as, v)}, more...)...)
		}}
	}
	switch info := basic.Info(); {
	case info&types.IsString != 0:
		return &textFormat{text: func(_ *emitter, v jen.Code) jen.Code { return convert("string", v) }}
	case info&types.IsBoolean != 0:
		return strconv("FormatBool", "bool")
	case basic.Kind() == types.Int:
		return strconv("Itoa", "int")
	case info&types.IsUnsigned != 0:
		return strconv("FormatUint", "uint64", jen.Lit(10))
	case info&types.IsInteger != 0:
		return strconv("FormatInt", "int64", jen.Lit(10))
	case basic.Kind() == types.Float32:
		return strconv("FormatFloat", "float64", jen.LitRune('g'), jen.Lit(-1), jen.Lit(32))
	case basic.Kind() == types.Float64:
		return strconv("FormatFloat", "float64", jen.LitRune('g'), jen.Lit(-1), jen.Lit(64))
	}
	return nil
}
