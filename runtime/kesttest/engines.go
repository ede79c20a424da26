package kesttest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/nearest"
	"github.com/kestgo/kest/runtime/internal/production"
)

// Allow is an engine that allows every policy, whatever its name, without
// looking at the input. Where KEST_ENV=production it gives an error that
// matches [kest.ErrPolicy] instead, so it denies.
func Allow() kest.Engine {
	if production.Is() {
		return fixed{err: fmt.Errorf("%w: kesttest.Allow: KEST_ENV is production, and this engine allows everything: take runtime/engine/rego or runtime/engine/opa", kest.ErrPolicy)}
	}
	return fixed{allow: true}
}

// Deny is an engine that denies every policy.
func Deny() kest.Engine { return fixed{} }

type fixed struct {
	allow bool
	err   error
}

func (f fixed) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return f.allow, f.err
}

// Policies is an engine of Go functions, one for each policy. A policy that is
// not in the map is an error that matches [kest.ErrPolicy] and says what is
// near, both when a call is made and, if a tier names it, in [kest.New]. So is
// an error of a function, which denies whatever the boolean beside it. The
// input must not be kept or changed; [Record] keeps copies.
//
// Where KEST_ENV=production it gives errors only.
func Policies(functions map[string]func(*kest.PolicyInput) (bool, error)) kest.Engine {
	return &policies{maps.Clone(functions), production.Is()}
}

type policies struct {
	functions  map[string]func(*kest.PolicyInput) (bool, error)
	production bool
}

// CheckPolicy implements [kest.PolicyChecker].
func (p *policies) CheckPolicy(policy string) error {
	if p.production {
		return policyError(policy, fmt.Errorf("KEST_ENV is production, and this engine is for tests: take runtime/engine/rego or runtime/engine/opa"))
	}
	if p.functions[policy] == nil {
		return policyError(policy, fmt.Errorf("unknown: %s", nearest.Hint(policy, "policy", slices.Sorted(maps.Keys(p.functions)))))
	}
	return nil
}

func (p *policies) Evaluate(_ context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if err := p.CheckPolicy(policy); err != nil {
		return false, err
	}
	allowed, err := p.functions[policy](input)
	if err != nil {
		return false, policyError(policy, err)
	}
	return allowed, nil
}

func policyError(policy string, err error) error {
	return fmt.Errorf("%w: kesttest policy %q: %w", kest.ErrPolicy, policy, err)
}
