package generator

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// wellKnownEncoding is for types that package canon knows.
type wellKnownEncoding struct{ call string }

var wellKnownTypes = map[string]string{
	"time.Time":                "AppendTime",
	"encoding/json.Number":     "AppendNumber",
	"encoding/json.RawMessage": "AppendRaw",
}

func wellKnownShape(_ *encodings, t types.Type, at place) encoding {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	call, ok := wellKnownTypes[named.Obj().Pkg().Path()+"."+named.Obj().Name()]
	if !ok {
		return nil
	}
	if at.quoted && call == "AppendNumber" {
		call = "AppendNumberString"
	}
	return &wellKnownEncoding{call}
}

func (e *wellKnownEncoding) emit(b *block, v value) {
	b.try(b.canon(e.call).Call(b.buffer(), v.code))
}

// anyEncoding is for interfaces without methods, whose values are looked at when
// the code runs.
type anyEncoding struct{}

func anyShape(_ *encodings, t types.Type, _ place) encoding {
	if face, ok := t.Underlying().(*types.Interface); ok && face.NumMethods() == 0 && !isTypeParam(t) {
		return anyEncoding{}
	}
	return nil
}

func isTypeParam(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.TypeParam)
	return ok
}

func (anyEncoding) emit(b *block, v value) {
	b.try(b.canon("AppendAny").Call(b.buffer(), v.code))
}

// bytesEncoding is base64. As in encoding/json it depends on the elements: those
// with methods of their own are written one by one, and so are arrays.
type bytesEncoding struct{}

func bytesShape(p *encodings, t types.Type, _ place) encoding {
	slice, ok := t.Underlying().(*types.Slice)
	if !ok {
		return nil
	}
	basic, ok := slice.Elem().Underlying().(*types.Basic)
	if !ok || basic.Kind() != types.Uint8 || implementsEither(types.NewPointer(slice.Elem())) {
		return nil
	}
	if !types.Identical(slice.Elem(), types.Typ[types.Uint8]) {
		return &namedBytesEncoding{}
	}
	return bytesEncoding{}
}

func (bytesEncoding) emit(b *block, v value) {
	b.append(b.canon("AppendBytes").Call(b.buffer(), v.code))
}

// namedBytesEncoding is for slices of a byte type with a name of its own, which
// Go does not convert to []byte: they are copied.
type namedBytesEncoding struct{}

func (*namedBytesEncoding) emit(b *block, v value) {
	b.nullOr(v, func(b *block) {
		raw := b.fn.names.pick("raw")
		i := b.fn.names.pick("i")
		b.add(jen.Id(raw).Op(":=").Make(jen.Index().Byte(), jen.Len(jen.Add(v.code))))
		b.add(jen.For(jen.Id(i).Op(":=").Range().Id(raw)).Block(
			jen.Id(raw).Index(jen.Id(i)).Op("=").Byte().Call(v.selectedIndex(jen.Id(i)))))
		b.append(b.canon("AppendBytes").Call(b.buffer(), jen.Id(raw)))
	})
}

// selectedIndex is an element of the value.
func (v value) selectedIndex(i jen.Code) *jen.Statement {
	if v.pointer != nil {
		return jen.Parens(jen.Add(v.code)).Index(i)
	}
	return jen.Add(v.code).Index(i)
}
