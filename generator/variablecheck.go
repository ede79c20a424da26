package generator

import (
	"go/types"

	"github.com/kestgo/kest/annotations"
)

// checkVariables checks what engine=, identity= and evaluator= name.
func (p *packagePlan) checkVariables(h *hook) {
	for _, v := range []struct {
		key  string
		name annotations.Text
		typ  string
	}{
		{"engine", h.directive.Engine, "Engine"},
		{"identity", h.directive.Identity, "Identity"},
		{"evaluator", h.directive.Evaluator, "TrustEvaluator"},
	} {
		if !v.name.Given() {
			continue
		}
		obj, ok := p.Types.Scope().Lookup(v.name.Value).(*types.Var)
		if !ok {
			p.report.fail(v.name.Pos, CodeVariable, v.key+" names "+v.name.Value+", which is no variable of this package",
				"declare it: var "+v.name.Value+" kest."+v.typ)
			continue
		}
		want := p.kestType(v.typ)
		if want != nil && !mentionsInvalid(obj.Type()) && !types.AssignableTo(obj.Type(), want) {
			p.report.fail(v.name.Pos, CodeVariable, "the variable "+obj.Name()+" is no kest."+v.typ,
				"give it a type that implements kest."+v.typ)
		}
	}
}

// kestType finds a type of package kest among what the package imports, which it
// does in some way if it has a variable of such a type.
func (p *packagePlan) kestType(name string) types.Type {
	seen := map[*types.Package]bool{}
	var find func(pkg *types.Package) types.Type
	find = func(pkg *types.Package) types.Type {
		if seen[pkg] {
			return nil
		}
		seen[pkg] = true
		if pkg.Path() == kestPath {
			if obj := pkg.Scope().Lookup(name); obj != nil {
				return obj.Type()
			}
			return nil
		}
		for _, imported := range pkg.Imports() {
			if t := find(imported); t != nil {
				return t
			}
		}
		return nil
	}
	return find(p.Types)
}
