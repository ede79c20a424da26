package generator

import (
	"go/types"
	"strings"

	"github.com/dave/jennifer/jen"
)

// typeParamEncoding writes values of a type parameter. Only the caller of the
// wrapper knows their type, and reflection is out of the question, so there are
// two ways:
//
//   - Where all types that the constraint allows are of one kind, or all are
//     numbers, or share an underlying type, values are converted to it. A type
//     with a name may still have MarshalJSON or MarshalText, which come first.
//   - Else package canon looks at the value: predeclared types and what else
//     AppendAny knows are written, anything else is ErrInput, so the call is
//     denied. That is so for any, comparable and cmp.Ordered, and for
//     constraints with MarshalJSON or MarshalText.
type typeParamEncoding struct {
	addressable bool
	convert     func(b *block, v value) // nil: the value is looked at
	mayHave     []string                // cases that come first: Marshaler, TextMarshaler, Number
}

func typeParamShape(p *encodings, t types.Type, at place) encoding {
	param, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return nil
	}
	set, limited := typeSet(param.Constraint())
	for _, term := range set {
		switch u := term.Type().Underlying().(type) {
		case *types.Chan, *types.Signature:
			return p.refuse(t, "may be "+typeString(term.Type(), p.pkg)+", which "+refusal(u))
		case *types.Basic:
			if u.Info()&types.IsComplex != 0 || u.Kind() == types.UnsafePointer {
				return p.refuse(t, "may be "+typeString(term.Type(), p.pkg)+", which "+refusal(u))
			}
		}
	}
	e := &typeParamEncoding{addressable: at.addressable}
	if !limited {
		return e
	}
	kinds := kindsOf(set)
	core := coreOf(set)
	_, isBasic := core.(*types.Basic)
	_, isPointer := core.(*types.Pointer)
	switch {
	case core != nil && !isBasic:
		if !p.nameable(core) {
			return p.refuse(t, "has an underlying type that this package cannot name")
		}
		inner := p.of(core, place{addressable: at.addressable})
		if inner == nil {
			return nil
		}
		e.convert = convertTo(core, inner)
		if !isPointer { // types that are pointers have no methods of their own
			e.mayHave = []string{"Marshaler", "TextMarshaler"}
		}
		return e
	case implementsEither(t):
		return e
	}
	if e.convert = convertKinds(param, kinds); e.convert == nil {
		return e
	}
	if !kinds.predeclared(set) {
		e.mayHave = []string{"Marshaler", "TextMarshaler"}
		if kinds.text {
			e.mayHave = append(e.mayHave, "Number")
		}
	}
	return e
}

// convertTo writes the value as its underlying type.
func convertTo(core types.Type, inner encoding) func(b *block, v value) {
	return func(b *block, v value) {
		name := b.fn.names.pick("core")
		typ := b.fn.emitter.typ(core)
		if _, ok := core.(*types.Pointer); ok {
			typ = jen.Parens(typ)
		}
		b.add(jen.Id(name).Op(":=").Add(typ).Call(v.code))
		inner.emit(b, variableValue(name))
	}
}

// convertKinds writes the value as the widest of its kinds; nil if no conversion
// fits all of them.
func convertKinds(param *types.TypeParam, k kinds) func(b *block, v value) {
	call := func(b *block, name, as string, v value) jen.Code {
		return b.canon(name).Call(b.buffer(), jen.Id(as).Call(v.code))
	}
	switch {
	case k == kinds{text: true}:
		return func(b *block, v value) { b.try(call(b, "AppendString", "string", v)) }
	case k == kinds{boolean: true}:
		return func(b *block, v value) { b.append(call(b, "AppendBool", "bool", v)) }
	case k == kinds{signed: true}:
		return func(b *block, v value) { b.append(call(b, "AppendInt", "int64", v)) }
	case k == kinds{unsigned: true, octet: k.octet}:
		return func(b *block, v value) { b.append(call(b, "AppendUint", "uint64", v)) }
	case k == kinds{float32: true}:
		return func(b *block, v value) { b.try(call(b, "AppendFloat32", "float32", v)) }
	case k == kinds{float64: true}:
		return func(b *block, v value) { b.try(call(b, "AppendFloat64", "float64", v)) }
	case k.numbers():
		return func(b *block, v value) { b.number(param, k, v) }
	}
	return nil
}

// number finds out by arithmetic which kind of number a value is: halves are
// lost on integers, and a third is rounded differently by the two floats.
func (b *block) number(param *types.TypeParam, k kinds, v value) {
	one := func() *jen.Statement { return b.fn.emitter.typ(param).Call(jen.Lit(1)) }
	var isInteger, isNegative, isFloat64 jen.Code
	if k.float32 || k.float64 {
		isInteger = one().Op("/").Lit(2).Op("==").Lit(0)
	}
	if k.unsigned {
		isNegative = jen.Add(v.code).Op("<").Lit(0)
	}
	if k.float32 {
		isFloat64 = jen.Float64().Call(one().Op("/").Lit(3)).Op("==").Lit(1.0).Op("/").Lit(3)
	}
	var branches []jen.Code
	branch := func(has bool, call, as string, conditions ...jen.Code) {
		if !has {
			return
		}
		inner := b.child()
		code := b.canon(call).Call(b.buffer(), jen.Id(as).Call(v.code))
		if strings.HasPrefix(as, "float") {
			inner.try(code)
		} else {
			inner.append(code)
		}
		var all *jen.Statement
		for _, condition := range conditions {
			switch {
			case condition == nil:
			case all == nil:
				all = jen.Add(condition)
			default:
				all.Op("&&").Add(condition)
			}
		}
		if all == nil {
			branches = append(branches, jen.Default().Block(inner.inner()...))
		} else {
			branches = append(branches, jen.Case(all).Block(inner.inner()...))
		}
	}
	branch(k.signed, "AppendInt", "int64", isInteger, isNegative)
	branch(k.unsigned, "AppendUint", "uint64", isInteger)
	branch(k.float64, "AppendFloat64", "float64", isFloat64)
	branch(k.float32, "AppendFloat32", "float32")
	b.add(jen.Switch().Block(branches...))
}

func (e *typeParamEncoding) emit(b *block, v value) {
	whole, argument := "AppendAny", v.code
	if e.addressable {
		whole, argument = "AppendElement", v.address()
	}
	if e.convert == nil {
		b.try(b.canon(whole).Call(b.buffer(), argument))
		return
	}
	if e.mayHave == nil {
		e.convert(b, v)
		return
	}
	own, converted := b.child(), b.child()
	own.try(b.canon("AppendAny").Call(b.buffer(), argument))
	e.convert(converted, v)
	var cases []jen.Code
	for _, name := range e.mayHave {
		importPath := "encoding/json"
		if name == "TextMarshaler" {
			importPath = "encoding"
		}
		face := b.fn.emitter.qual(importPath, importPath[strings.LastIndex(importPath, "/")+1:], name)
		if name == "Number" && e.addressable {
			face = jen.Op("*").Add(face)
		}
		cases = append(cases, face)
	}
	b.add(jen.Switch(jen.Id("any").Call(argument).Assert(jen.Type())).Block(
		jen.Case(cases...).Block(own.inner()...),
		jen.Default().Block(converted.inner()...)))
}

// elementsEncoding is for slices of a type parameter that may be bytes, which
// are base64 and not an array: package canon looks at the slice.
type elementsEncoding struct {
	// list is for elements that are numbers and turn out not to be bytes.
	list  encoding
	param *types.TypeParam
}

func elementsShape(p *encodings, t types.Type, _ place) encoding {
	slice, ok := t.Underlying().(*types.Slice)
	if !ok {
		return nil
	}
	param, ok := types.Unalias(slice.Elem()).(*types.TypeParam)
	if !ok {
		return nil
	}
	element, ok := p.within("[]", param, place{addressable: true}).(*typeParamEncoding)
	if !ok {
		return nil
	}
	set, limited := typeSet(param.Constraint())
	if element.convert != nil && limited && !kindsOf(set).octet {
		return nil
	}
	e := &elementsEncoding{param: param}
	if element.convert != nil && kindsOf(set).numbers() {
		e.list = &listEncoding{element: element, isSlice: true}
	}
	return e
}

func (e *elementsEncoding) emit(b *block, v value) {
	if e.list == nil {
		b.try(b.canon("AppendElements").Call(b.buffer(), v.code))
		return
	}
	lowered := func() *jen.Statement { return b.fn.emitter.typ(e.param).Call(jen.Lit(0)).Op("-").Lit(1) }
	bytes, others := b.child(), b.child()
	bytes.try(b.canon("AppendElements").Call(b.buffer(), v.code))
	e.list.emit(others, v)
	// Of all numbers only bytes wrap around to 255.
	isByte := lowered().Op(">").Lit(0).Op("&&").Uint64().Call(lowered()).Op("==").Lit(255)
	b.add(jen.If(isByte).Block(bytes.inner()...).Else().Block(others.inner()...))
}

// keyCall is what writes a map whose keys are of a type parameter.
func keyCall(param *types.TypeParam) string {
	set, limited := typeSet(param.Constraint())
	k := kindsOf(set)
	switch {
	case types.Implements(param, textMarshaler) && k != (kinds{text: true}):
		return "" // used as they are or not, depending on their kind
	case !limited:
		return "AppendAnyMap"
	case k == kinds{text: true}:
		return "AppendMap"
	case k == kinds{signed: true} && k.predeclared(set):
		return "AppendIntMap"
	case k == kinds{unsigned: true, octet: k.octet} && k.predeclared(set):
		return "AppendUintMap"
	case k.text || k.signed || k.unsigned:
		return "AppendAnyMap"
	}
	return ""
}
