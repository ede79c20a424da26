package generator

import (
	"go/token"
	"go/types"
)

// marshalerEncoding calls MarshalJSON or MarshalText.
type marshalerEncoding struct {
	call    string
	address bool // the method has a pointer receiver
	canBe0  bool // an interface, nil is null
}

var (
	jsonMarshaler = methodInterface("MarshalJSON")
	textMarshaler = methodInterface("MarshalText")
)

// methodInterface is interface{ name() ([]byte, error) }.
func methodInterface(name string) *types.Interface {
	results := types.NewTuple(
		types.NewVar(token.NoPos, nil, "", types.NewSlice(types.Typ[types.Byte])),
		types.NewVar(token.NoPos, nil, "", types.Universe.Lookup("error").Type()))
	method := types.NewFunc(token.NoPos, nil, name, types.NewSignatureType(nil, nil, nil, nil, results, false))
	return types.NewInterfaceType([]*types.Func{method}, nil).Complete()
}

func implementsEither(t types.Type) bool {
	return types.Implements(t, jsonMarshaler) || types.Implements(t, textMarshaler)
}

func marshalerShape(_ *encodings, t types.Type, at place) encoding {
	if isTypeParam(t) {
		return nil
	}
	for _, m := range []struct {
		face *types.Interface
		call string
	}{{jsonMarshaler, "AppendMarshaler"}, {textMarshaler, "AppendTextMarshaler"}} {
		switch {
		case types.Implements(t, m.face):
			return &marshalerEncoding{call: m.call, canBe0: types.IsInterface(t)}
		case at.addressable && types.Implements(types.NewPointer(t), m.face):
			return &marshalerEncoding{call: m.call, address: true}
		}
	}
	return nil
}

func (e *marshalerEncoding) emit(b *block, v value) {
	argument := v.code
	if e.address {
		argument = v.address()
	}
	call := func(b *block) { b.try(b.canon(e.call).Call(b.buffer(), argument)) }
	if e.canBe0 {
		b.nullOr(v, call)
		return
	}
	call(b)
}

// dependsOnAddress says whether values of the type are written differently when
// encoding/json can take their address.
func dependsOnAddress(t types.Type) bool { return addressMatters(t, map[types.Type]bool{}) }

func addressMatters(t types.Type, seen map[types.Type]bool) bool {
	if isTypeParam(t) {
		return true // nobody knows its methods
	}
	if types.IsInterface(t) || seen[t] {
		return false
	}
	seen[t] = true
	pointer := types.NewPointer(t)
	for _, face := range []*types.Interface{jsonMarshaler, textMarshaler} {
		switch {
		case types.Implements(t, face):
			return false
		case types.Implements(pointer, face):
			return true
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for field := range u.Fields() {
			if addressMatters(field.Type(), seen) {
				return true
			}
		}
	case *types.Array:
		return addressMatters(u.Elem(), seen)
	}
	return false
}
