package router

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Engine passes each policy on to one of several engines. It is immutable and
// safe for concurrent use. It implements [kest.Engine], [kest.PolicyDigester],
// [kest.PolicyChecker], [kest.TierPolicyChecker] and [kest.PolicySnapshotter].
type Engine struct {
	table   *table
	engines []kest.Engine // each once; the numbers in table are places here
	fixed   bool          // no engine is a kest.PolicySnapshotter, or these are snapshots

	snapshot atomic.Pointer[Engine] // the last one
	digests  atomic.Pointer[digests]
}

var (
	_ kest.Engine            = (*Engine)(nil)
	_ kest.PolicyDigester    = (*Engine)(nil)
	_ kest.PolicyChecker     = (*Engine)(nil)
	_ kest.TierPolicyChecker = (*Engine)(nil)
	_ kest.PolicySnapshotter = (*Engine)(nil)
)

// Evaluate asks the engine that the package's documentation says. Its error is
// returned as it is. Errors of the router's own are of type [*kest.PolicyError]:
// unknown for a name that leads to no engine, malformed for an input that has no
// tier when the router goes by tiers.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if input == nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, errors.New("input: there is none"))
	}
	engine, name, err := e.find(input.PolicyTier, policy)
	if err != nil {
		return false, err
	}
	allowed, err := engine.Evaluate(ctx, name, input)
	if err != nil {
		return false, err
	}
	return allowed, nil
}

// CheckTierPolicy returns nil if the engine that decides a policy of this tier
// has it or cannot say, else an error that matches [kest.ErrPolicy].
func (e *Engine) CheckTierPolicy(tier kest.Tier, policy string) error {
	engine, name, err := e.find(tier, policy)
	if err != nil {
		return err
	}
	return behind.CheckTier(engine, tier, name)
}

// CheckPolicy returns nil if [Engine.CheckTierPolicy] does for any tier.
func (e *Engine) CheckPolicy(policy string) error {
	var problems []error
	for _, tier := range tiers {
		engine, name, err := e.find(tier, policy)
		if err == nil {
			err = behind.CheckTier(engine, tier, name)
		}
		if err == nil {
			return nil
		}
		problems = append(problems, err)
	}
	return joinDistinct(problems)
}

// PolicySnapshot is a router in front of snapshots of the engines. It is the
// same one as long as they are.
func (e *Engine) PolicySnapshot() kest.Engine {
	if e == nil || e.fixed {
		return e
	}
	last := e.snapshot.Load()
	var fresh []kest.Engine // allocated for a change only
	for i, engine := range e.engines {
		engine = behind.Snapshot(engine)
		if fresh == nil {
			if last != nil && behind.Same(engine, last.engines[i]) {
				continue
			}
			fresh = make([]kest.Engine, len(e.engines))
			if last != nil {
				copy(fresh, last.engines[:i])
			}
		}
		fresh[i] = engine
	}
	if fresh == nil {
		return last
	}
	snapshot := &Engine{table: e.table, engines: fresh, fixed: true}
	e.snapshot.Store(snapshot)
	return snapshot
}

// find gives the engine that decides, and the name that it has for the policy.
func (e *Engine) find(tier kest.Tier, policy string) (kest.Engine, string, error) {
	if e == nil || e.table == nil {
		return nil, "", policyError(policy, kest.ErrPolicyUnknown, errors.New("the router has no engines: make it with New"))
	}
	number, name, err := e.table.find(tier, policy)
	if err != nil {
		return nil, "", err
	}
	if engine := e.engines[number]; engine != nil {
		return engine, name, nil
	}
	return nil, "", policyError(policy, kest.ErrPolicyMalformed, errors.New("its engine's PolicySnapshot is nil: it must be an engine"))
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: "router", Policy: policy, Failure: failure, Err: err}
}

// joinDistinct says each problem once: an engine that several tiers share has
// one and the same.
func joinDistinct(problems []error) error {
	seen := make(map[string]bool, len(problems))
	var distinct []error
	for _, err := range problems {
		if text := fmt.Sprint(err); !seen[text] {
			seen[text] = true
			distinct = append(distinct, err)
		}
	}
	return errors.Join(distinct...)
}
