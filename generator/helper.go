package generator

import (
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"
)

// A helper is a generated function that appends the values of one named type.
type helper struct {
	name      string
	typ       types.Type
	byPointer bool // structs and arrays, which may be large
	body      encoding
	calls     []*helper
	generic   typeParams // those of the function, of which it is then
}

type helperKey struct {
	typ         string
	addressable bool
	of          *types.TypeParam // one of those in typ, which tells apart T of one function and T of another
}

// helperFor gives the helper of a type that has one: named types made of others.
// Without it recursive types could not be written, and others only at length.
func (p *encodings) helperFor(t types.Type, at place) *helper {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || !p.nameable(named) {
		return nil
	}
	byPointer := false
	switch named.Underlying().(type) {
	case *types.Struct, *types.Array:
		byPointer = true
	case *types.Slice, *types.Map, *types.Pointer:
	default:
		return nil
	}
	normal := place{addressable: at.addressable && dependsOnAddress(t)}
	for _, shape := range []func(*encodings, types.Type, place) encoding{wellKnownShape, marshalerShape, bytesShape} {
		if shape(p, t, normal) != nil {
			return nil
		}
	}
	key := helperKey{typ: types.TypeString(named, nil), addressable: normal.addressable}
	generic := p.params.in(named)
	if len(generic) > 0 {
		key.of = generic[0]
	}
	h := p.helpers[key]
	if h == nil {
		h = &helper{typ: named, byPointer: byPointer, generic: generic, name: p.names.pick(p.prefix + typeWord(named, p.pkg))}
		p.helpers[key] = h
		p.order = append(p.order, h)
		p.active = append(p.active, h)
		h.body = p.shapeOf(named, normal)
		p.active = p.active[:len(p.active)-1]
		if p.problem != nil { // to be found again by the next value
			delete(p.helpers, key)
		}
	}
	if n := len(p.active); n > 0 && !slices.Contains(p.active[n-1].calls, h) {
		p.active[n-1].calls = append(p.active[n-1].calls, h)
	}
	return h
}

// recursive says whether the helper can come to call itself.
func (h *helper) recursive() bool {
	seen := map[*helper]bool{}
	var reaches func(from *helper) bool
	reaches = func(from *helper) bool {
		for _, next := range from.calls {
			if next == h {
				return true
			}
			if !seen[next] {
				seen[next] = true
				if reaches(next) {
					return true
				}
			}
		}
		return false
	}
	return reaches(h)
}

// emit calls the helper.
func (h *helper) emit(b *block, v value) {
	arguments := []jen.Code{b.buffer(), v.code}
	if h.byPointer {
		arguments[1] = v.address()
	}
	if h.recursive() {
		if b.fn.depth != "" {
			arguments = append(arguments, jen.Id(b.fn.depth).Op("-").Lit(1))
		} else {
			arguments = append(arguments, b.canon("MaxDepth"))
		}
	}
	b.try(b.fn.emitter.instance(h.name, h.generic).Call(arguments...))
}

// declare emits the function itself.
func (h *helper) declare(e *emitter) jen.Code {
	fn := &function{emitter: e, names: newNames(nil), buffer: "b", err: "err"}
	for _, name := range []string{"b", "err", "v", "depth"} {
		fn.names.pick(name)
	}
	typ := e.typ(h.typ)
	v := variableValue("v")
	if h.byPointer {
		typ = jen.Op("*").Add(typ)
		v = value{code: jen.Op("*").Id("v"), pointer: jen.Id("v")}
	}
	params := []jen.Code{jen.Id("b").Index().Byte(), jen.Id("v").Add(typ)}
	b := &block{fn: fn}
	if h.recursive() {
		fn.depth = "depth"
		params = append(params, jen.Id("depth").Int())
		b.first = jen.If(jen.Id("depth").Op("==").Lit(0)).Block(b.fail(b.canon("ErrDepth")))
	}
	h.body.emit(b, v)
	return e.generic(jen.Func().Id(h.name), h.generic).Params(params...).Params(jen.Index().Byte(), jen.Error()).Block(b.body()...)
}
