package generator

import (
	"go/types"
	"slices"
)

// typeSet gives the types that a constraint allows, and false if it allows any:
// methods do not count.
func typeSet(constraint types.Type) (set []*types.Term, limited bool) {
	face, ok := constraint.Underlying().(*types.Interface)
	if !ok {
		return []*types.Term{types.NewTerm(false, constraint)}, true
	}
	for embedded := range face.EmbeddedTypes() {
		terms, some := unionSet(embedded)
		switch {
		case !some:
		case !limited:
			set, limited = terms, true
		default:
			set = intersection(set, terms)
		}
	}
	return set, limited
}

func unionSet(t types.Type) (set []*types.Term, limited bool) {
	union, ok := types.Unalias(t).(*types.Union)
	if !ok {
		return typeSet(t)
	}
	for term := range union.Terms() {
		if !types.IsInterface(term.Type()) {
			set = append(set, term)
			continue
		}
		terms, some := typeSet(term.Type())
		if !some {
			return nil, false
		}
		set = append(set, terms...)
	}
	return set, true
}

func intersection(a, b []*types.Term) []*types.Term {
	var both []*types.Term
	for _, x := range a {
		for _, y := range b {
			switch {
			case types.Identical(x.Type(), y.Type()):
				both = append(both, types.NewTerm(x.Tilde() && y.Tilde(), x.Type()))
			case x.Tilde() && types.Identical(x.Type(), y.Type().Underlying()):
				both = append(both, y)
			case y.Tilde() && types.Identical(y.Type(), x.Type().Underlying()):
				both = append(both, x)
			}
		}
	}
	return both
}

// coreOf is the underlying type that all types of a set share, or nil.
func coreOf(set []*types.Term) types.Type {
	if len(set) == 0 {
		return nil
	}
	core := set[0].Type().Underlying()
	if slices.ContainsFunc(set, func(term *types.Term) bool { return !types.Identical(core, term.Type().Underlying()) }) {
		return nil
	}
	return core
}

// A kinds says what basic kinds the types of a set are of.
type kinds struct {
	text, boolean, signed, unsigned, float32, float64, octet, other bool
}

func kindsOf(set []*types.Term) kinds {
	var k kinds
	for _, term := range set {
		basic, ok := term.Type().Underlying().(*types.Basic)
		if !ok {
			k.other = true
			continue
		}
		switch info := basic.Info(); {
		case info&types.IsString != 0:
			k.text = true
		case info&types.IsBoolean != 0:
			k.boolean = true
		case info&types.IsUnsigned != 0:
			k.unsigned = true
			k.octet = k.octet || basic.Kind() == types.Uint8
		case info&types.IsInteger != 0:
			k.signed = true
		case basic.Kind() == types.Float32:
			k.float32 = true
		case basic.Kind() == types.Float64:
			k.float64 = true
		default:
			k.other = true
		}
	}
	return k
}

// numbers says whether they are all integers and floats.
func (k kinds) numbers() bool {
	return (k.signed || k.unsigned || k.float32 || k.float64) && !k.text && !k.boolean && !k.other
}

// predeclared says whether the types have no names of their own, so no methods.
func (k kinds) predeclared(set []*types.Term) bool {
	return !k.other && !slices.ContainsFunc(set, func(term *types.Term) bool {
		_, ok := types.Unalias(term.Type()).(*types.Basic)
		return term.Tilde() || !ok
	})
}
