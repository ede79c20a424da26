package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
	"github.com/kestgo/kest/generator/policies"
)

// checkPolicies looks for the policies that directives and tiers name. dir is
// the value of -policies; without it the member policies of kest.yaml counts,
// and without that nothing is checked.
func (p *project) checkPolicies(dir string, output *generator.Output) ([]*annotations.Error, error) {
	if dir == "" {
		dir = shortened(p.config.PolicyDir)
	}
	if dir == "" {
		return nil, nil
	}
	var uses []policies.Use
	for _, t := range p.tiers {
		for _, policy := range t.policies {
			uses = append(uses, policies.Use{Policy: policy.name, Pos: policy.pos, By: fmt.Sprintf("the %s tier", t.name)})
		}
	}
	for _, hook := range output.Hooks() {
		for _, policy := range hook.Directive.Policies {
			uses = append(uses, policies.Use{Policy: policy.Value, Pos: output.Place(policy.Pos), By: hook.Function})
		}
	}
	return policies.Check(dir, uses)
}

// sortDiagnostics puts those of several sources in order of position.
func sortDiagnostics(errs []*annotations.Error) {
	slices.SortStableFunc(errs, func(a, b *annotations.Error) int {
		return cmp.Or(
			strings.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.Message, b.Message),
		)
	})
}
