package kesttest

import (
	"context"
	"errors"
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
	return Func(func(context.Context, string, *kest.PolicyInput) (bool, error) { return true, nil })
}

// Deny is an engine that denies every policy.
func Deny() kest.Engine { return deny{} }

type deny struct{}

func (deny) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) { return false, nil }

// Func is an engine that is one Go function. An error of it denies, whatever
// the boolean beside it, and becomes a [*kest.PolicyError] if it is none: to test
// what your code does when a server is down, give
//
//	&kest.PolicyError{Policy: policy, Failure: kest.ErrPolicyUnreachable}
//
// The input must not be kept or changed; [Record] keeps copies.
//
// Where KEST_ENV=production it gives errors only.
func Func(function func(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error)) kest.Engine {
	return &funcEngine{function, production.Is()}
}

type funcEngine struct {
	function   func(context.Context, string, *kest.PolicyInput) (bool, error)
	production bool
}

func (f *funcEngine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	switch {
	case f.production:
		return false, policyError(policy, errProduction)
	case f.function == nil:
		return false, policyError(policy, errors.New("the function of kesttest.Func is nil: give one"))
	}
	allowed, err := f.function(ctx, policy, input)
	if err != nil {
		return false, policyError(policy, err)
	}
	return allowed, nil
}

// Policies is an engine of Go functions, one for each policy. A policy that is
// not in the map is an error that matches [kest.ErrPolicyUnknown] and says what
// is near, both when a call is made and, if a tier names it, in [kest.New]. An
// error of a function is treated as that of [Func]. The input must not be kept
// or changed; [Record] keeps copies.
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
		return policyError(policy, errProduction)
	}
	if p.functions[policy] == nil {
		hint := nearest.Hint(policy, "policy", slices.Sorted(maps.Keys(p.functions)))
		return &kest.PolicyError{Engine: "kesttest", Policy: policy, Failure: kest.ErrPolicyUnknown, Err: errors.New(hint)}
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

var errProduction = errors.New("KEST_ENV is production, and this engine is for tests: take one of runtime/engine")

// policyError makes a *kest.PolicyError of what a function of a test gave, and
// leaves one that it made itself as it is.
func policyError(policy string, err error) error {
	var known *kest.PolicyError
	if errors.As(err, &known) {
		return err
	}
	failure := kest.ErrPolicyMalformed
	for _, f := range []error{kest.ErrPolicyUnreachable, kest.ErrPolicyUnknown} {
		if errors.Is(err, f) {
			failure = f
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		failure = kest.ErrPolicyUnreachable
	}
	return &kest.PolicyError{Engine: "kesttest", Policy: policy, Failure: failure, Err: err}
}
