package generator

import (
	"cmp"
	"go/token"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// A Hook is what one directive asks for, for tools that show or check it.
type Hook struct {
	Pos       token.Position // of the function's name
	Package   string         // import path
	Function  string         // charge, Service.charge, or Store.Charge of an interface
	Wrapper   string         // Charge, Service.Charge, VerifiedStore.Charge
	Operation string
	Directive *annotations.Directive

	// GainsContext and GainsError say that the wrapper has a parameter
	// context.Context and a result error that the function does not have.
	GainsContext, GainsError bool
	// Parameters are those without the context, Results those without the
	// error.
	Parameters, Results []Value
}

// A Value is a parameter or result.
type Value struct {
	Name   string // as in the hashed JSON: _0 for one without a name
	Type   string // as in the source
	Hashed bool
}

// Hooks gives the hooks of all packages, sorted by position. Those with mistakes
// may be missing.
func (o *Output) Hooks() []Hook {
	var hooks []Hook
	for _, plan := range o.plans {
		for _, file := range plan.files {
			for _, h := range file.allHooks() {
				hooks = append(hooks, o.describe(plan, h))
			}
		}
	}
	slices.SortFunc(hooks, func(a, b Hook) int {
		return cmp.Or(strings.Compare(a.Pos.Filename, b.Pos.Filename), cmp.Compare(a.Pos.Offset, b.Pos.Offset))
	})
	return hooks
}

// Place gives a position with its file as the user would write it.
func (o *Output) Place(pos token.Position) token.Position {
	pos.Filename = relative(o.dir, pos.Filename)
	return pos
}

func (o *Output) describe(plan *packagePlan, h *hook) Hook {
	wrapper := h.key(h.wrapper)
	if h.decorator != nil {
		wrapper = h.decorator.name + "." + h.wrapper
	}
	values := func(all, hashed []*variable) []Value {
		var list []Value
		for _, v := range all {
			if v != h.context {
				list = append(list, Value{Name: v.member, Type: typeString(v.typ, plan.Types), Hashed: slices.Contains(hashed, v)})
			}
		}
		return list
	}
	return Hook{
		Pos:          o.Place(position(plan.Fset, h.decl.Name.Pos())),
		Package:      plan.PkgPath,
		Function:     h.key(h.rawName()),
		Wrapper:      wrapper,
		Operation:    h.operation,
		Directive:    h.directive,
		GainsContext: h.gainsContext,
		GainsError:   h.gainsError,
		Parameters:   values(h.params, h.input),
		Results:      values(h.results, h.output),
	}
}
