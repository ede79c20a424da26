package kesttest

import (
	"context"
	"slices"
	"sync"

	kest "github.com/kestgo/kest/runtime"
)

// Recorder is an engine that asks another one and keeps what it was asked and
// what came back. It is safe for concurrent use.
type Recorder struct {
	engine kest.Engine
	mu     sync.Mutex
	calls  []Call
}

// Call is one evaluation of one policy.
type Call struct {
	Policy  string
	Input   *kest.PolicyInput // a copy that shares nothing with the hook's
	Allowed bool
	Err     error
}

// Record makes a recorder in front of an engine.
func Record(engine kest.Engine) *Recorder { return &Recorder{engine: engine} }

// Calls returns the calls so far, in the order in which they ended.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Evaluate implements [kest.Engine].
func (r *Recorder) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	call := Call{Policy: policy, Input: clone(input)}
	call.Allowed, call.Err = r.engine.Evaluate(ctx, policy, input)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	return call.Allowed, call.Err
}

// CheckPolicy asks the engine behind, if it implements [kest.PolicyChecker].
func (r *Recorder) CheckPolicy(policy string) error {
	if checker, ok := r.engine.(kest.PolicyChecker); ok {
		return checker.CheckPolicy(policy)
	}
	return nil
}

func clone(input *kest.PolicyInput) *kest.PolicyInput {
	if input == nil {
		return nil
	}
	c := *input
	c.Taints = slices.Clone(c.Taints)
	c.Attributes = slices.Clone(c.Attributes)
	c.PolicyNames = slices.Clone(c.PolicyNames)
	c.Deviations = slices.Clone(c.Deviations)
	return &c
}
