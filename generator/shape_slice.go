package generator

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// listEncoding writes slices and arrays.
type listEncoding struct {
	element encoding
	isSlice bool
	length  int64 // of an array
}

func sliceShape(p *encodings, t types.Type, _ place) encoding {
	slice, ok := t.Underlying().(*types.Slice)
	if !ok {
		return nil
	}
	element := p.within("[]", slice.Elem(), place{addressable: true})
	if element == nil {
		return nil
	}
	return &listEncoding{element: element, isSlice: true}
}

func arrayShape(p *encodings, t types.Type, at place) encoding {
	array, ok := t.Underlying().(*types.Array)
	if !ok {
		return nil
	}
	element := p.within("[]", array.Elem(), place{addressable: at.addressable})
	if element == nil {
		return nil
	}
	return &listEncoding{element: element, length: array.Len()}
}

func (e *listEncoding) emit(b *block, v value) {
	if e.isSlice {
		b.nullOr(v, func(b *block) { e.emitElements(b, v) })
		return
	}
	if e.length == 0 {
		b.text("[]")
		return
	}
	if v.pointer != nil { // Go indexes and ranges over pointers to arrays
		v = value{code: v.pointer}
	}
	e.emitElements(b, v)
}

func (e *listEncoding) emitElements(b *block, v value) {
	i := b.fn.names.pick("i")
	b.text("[")
	loop := b.child()
	loop.add(jen.If(jen.Id(i).Op(">").Lit(0)).Block(
		b.buffer().Op("=").Append(b.buffer(), jen.LitRune(','))))
	at := func(err jen.Code) jen.Code { return b.canon("AtIndex").Call(err, jen.Id(i)) }
	loop.part(at, e.element, value{code: v.selectedIndex(jen.Id(i))})
	b.add(jen.For(jen.Id(i).Op(":=").Range().Add(v.code)).Block(loop.inner()...))
	b.fn.names.release(i)
	b.text("]")
}

// release gives back the name of a variable whose scope has ended.
func (n *names) release(name string) { delete(n.taken, name) }
