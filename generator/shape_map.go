package generator

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// mapEncoding leaves order and keys to package canon, which calls back for each
// value.
type mapEncoding struct {
	call    string
	element encoding
	typ     types.Type // of the values
}

func mapShape(p *encodings, t types.Type, _ place) encoding {
	m, ok := t.Underlying().(*types.Map)
	if !ok {
		return nil
	}
	key, ok := m.Key().Underlying().(*types.Basic)
	call := ""
	switch {
	case isTypeParam(m.Key()):
		call = keyCall(types.Unalias(m.Key()).(*types.TypeParam))
	case ok && key.Info()&types.IsString != 0:
		call = "AppendMap" // before its methods, as encoding/json has it
	case types.Implements(m.Key(), textMarshaler):
		// Of those that can be nil encoding/json makes exceptions.
		if !canBeNil(m.Key()) && p.nameable(m.Key()) {
			call = "AppendTextMap"
		}
	case !ok:
	case key.Info()&types.IsUnsigned != 0:
		call = "AppendUintMap"
	case key.Info()&types.IsInteger != 0:
		call = "AppendIntMap"
	}
	if call == "" {
		return p.refuse(t, "has keys "+keyRefusal(m.Key()))
	}
	if !p.nameable(m.Elem()) {
		return p.refuse(t, "has values of a type that this package cannot name")
	}
	element := p.within("[*]", m.Elem(), place{})
	if element == nil {
		return nil
	}
	return &mapEncoding{call: call, element: element, typ: m.Elem()}
}

func keyRefusal(key types.Type) string {
	switch {
	case !types.Implements(key, textMarshaler):
		return "that are neither strings nor integers, and have no MarshalText"
	case isTypeParam(key):
		return "of a type parameter with MarshalText, which strings are written without"
	case canBeNil(key):
		return "with MarshalText that may be nil"
	}
	return "of a type that this package cannot name"
}

func (e *mapEncoding) emit(b *block, v value) {
	if direct := e.direct(b); direct != nil {
		b.try(b.canon(e.call).Call(b.buffer(), v.code, direct))
		return
	}
	inner := *b.fn
	inner.names = newNames(b.fn.names.has)
	inner.buffer = "b"
	inner.err, inner.tries = "err", 0
	body := &block{fn: &inner}
	e.element.emit(body, variableValue("v"))
	b.flush()
	callback := jen.Func().Params(
		jen.Id(inner.buffer).Index().Byte(),
		jen.Id("v").Add(b.fn.emitter.typ(e.typ)),
	).Params(jen.Index().Byte(), jen.Error()).Block(body.body()...)
	b.try(b.canon(e.call).Call(b.buffer(), v.code, callback))
}

// direct is a function that writes the values as it is, if there is one.
func (e *mapEncoding) direct(b *block) jen.Code {
	switch element := e.element.(type) {
	case *helper:
		if !element.byPointer && !element.recursive() {
			return b.fn.emitter.instance(element.name, element.generic)
		}
	case *basicEncoding:
		if element.exact && element.fails {
			return b.canon(element.call)
		}
	case *wellKnownEncoding:
		if element.call != "AppendRaw" {
			return b.canon(element.call)
		}
	case anyEncoding:
		if types.Identical(e.typ, types.Universe.Lookup("any").Type()) {
			return b.canon("AppendAny")
		}
	}
	return nil
}
