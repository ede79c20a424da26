package generator

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// pointerEncoding writes null or what the pointer points to. It comes before the
// methods: those of a pointer are found at what it points to, which can be
// addressed.
type pointerEncoding struct{ element encoding }

func pointerShape(p *encodings, t types.Type, at place) encoding {
	pointer, ok := t.Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	// The "string" option reaches through one pointer, not through two.
	_, twice := pointer.Elem().Underlying().(*types.Pointer)
	element := p.of(pointer.Elem(), place{addressable: true, quoted: at.quoted && !twice})
	if element == nil {
		return nil
	}
	return &pointerEncoding{element}
}

func (e *pointerEncoding) emit(b *block, v value) {
	b.nullOr(v, func(b *block) {
		e.element.emit(b, value{code: jen.Op("*").Add(v.code), pointer: v.code})
	})
}
