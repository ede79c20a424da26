package generator

import (
	"cmp"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// guards are the types that generated code depends on: each is written out in
// the output, so that it does not compile after a change.
type guards struct {
	seen  map[string]bool
	types []guard
}

type guard struct {
	name string // for the order
	code func(e *emitter) jen.Code
}

func (g *guards) add(name string, code func(e *emitter) jen.Code) {
	if g.seen[name] {
		return
	}
	g.seen[name] = true
	g.types = append(g.types, guard{name, code})
}

func (g *guards) sorted() []guard {
	slices.SortFunc(g.types, func(a, b guard) int { return cmp.Or(strings.Compare(a.name, b.name)) })
	return g.types
}

// structure guards the fields and tags of a struct. One of another package that
// has unexported fields cannot be written out.
func (g *guards) structure(p *encodings, t types.Type) {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || !p.nameable(named) || !p.nameable(named.Underlying()) {
		return
	}
	generic := p.params.in(named)
	name := types.TypeString(named, nil)
	if len(generic) > 0 {
		name = types.TypeString(named.Origin(), nil) // once is enough
	}
	g.add(name, func(e *emitter) jen.Code {
		return e.ifStale(generic, e.typ(named.Underlying()), e.typ(named).Values())
	})
}

// basic guards the kind of a named number or string: the conversions in the
// output would compile for another kind as well. Kinds in the standard library
// do not change.
func (g *guards) basic(p *encodings, t types.Type, kind *types.Basic) {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || !p.nameable(named) || kind.Info()&types.IsBoolean != 0 {
		return // only booleans convert to bool
	}
	if first, _, _ := strings.Cut(named.Obj().Pkg().Path(), "/"); named.Obj().Pkg() != p.pkg && !strings.Contains(first, ".") {
		return
	}
	name := types.TypeString(named, nil)
	sample, only := samples(kind)
	g.add(name, func(e *emitter) jen.Code {
		return jen.Var().Id("_").Op("=").Add(e.kest("RunKestgenIfStale").Types(e.typ(named)).Call(sample))
	})
	if only != nil {
		g.add(name+" kind", func(e *emitter) jen.Code {
			return jen.Const().Id("_").Op("=").Add(only(e.typ(named)))
		})
	}
}

// samples gives a constant of the kind, and for integers, whose constants other
// kinds may hold as well, an expression that compiles for that kind only.
func samples(kind *types.Basic) (sample jen.Code, only func(t *jen.Statement) jen.Code) {
	switch info := kind.Info(); {
	case info&types.IsString != 0:
		return jen.Lit(""), nil
	case info&types.IsFloat != 0:
		return jen.Lit(0.5), nil
	case info&types.IsUnsigned != 0:
		return jen.Lit(255), func(t *jen.Statement) jen.Code {
			return jen.Uint64().Call(jen.Op("^").Add(t).Call(jen.Lit(0)))
		}
	}
	return jen.Lit(-1), func(t *jen.Statement) jen.Code {
		return t.Call(jen.Lit(-1)).Op("%").Lit(1)
	}
}
