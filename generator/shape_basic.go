package generator

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// basicEncoding writes booleans, numbers and strings with one call.
type basicEncoding struct {
	call  string       // of package canon
	as    string       // the type that the call takes
	kind  *types.Basic // underlying
	exact bool         // the value is of that type already
	fails bool
}

func basicShape(p *encodings, t types.Type, at place) encoding {
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return nil
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return nil
	}
	e := &basicEncoding{kind: basic}
	switch info := basic.Info(); {
	case info&types.IsBoolean != 0:
		e.call, e.as = "AppendBool", "bool"
	case info&types.IsString != 0:
		e.call, e.as, e.fails = "AppendString", "string", true
	case info&types.IsUnsigned != 0:
		e.call, e.as = "AppendUint", "uint64"
	case info&types.IsInteger != 0:
		e.call, e.as = "AppendInt", "int64"
	case basic.Kind() == types.Float32:
		e.call, e.as, e.fails = "AppendFloat32", "float32", true
	case basic.Kind() == types.Float64:
		e.call, e.as, e.fails = "AppendFloat64", "float64", true
	default:
		return nil
	}
	if at.quoted {
		e.call += "String"
	}
	own, ok := types.Unalias(t).(*types.Basic)
	e.exact = ok && own.Name() == e.as
	p.guards.basic(p, t, basic)
	return e
}

func (e *basicEncoding) emit(b *block, v value) {
	argument := v.code
	if !e.exact {
		argument = jen.Id(e.as).Call(argument)
	}
	call := b.canon(e.call).Call(b.buffer(), argument)
	if e.fails {
		b.try(call)
	} else {
		b.append(call)
	}
}
