package kesttest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Recorder is an engine that asks another one and keeps what it was asked and
// what came back. It is safe for concurrent use. What the engine behind can do
// beside evaluating, the recorder can: it passes on its digest, its snapshots
// and what it says of a policy's name.
type Recorder struct {
	engine kest.Engine
	*record
	last atomic.Pointer[Recorder] // the snapshot that was taken last
}

// record is what a recorder shares with its snapshots.
type record struct {
	mu    sync.Mutex
	calls []Call
}

// Call is one evaluation of one policy.
type Call struct {
	Policy  string
	Input   *kest.PolicyInput // a copy that shares nothing with the hook's
	Allowed bool
	Err     error
}

var (
	_ kest.PolicyDigester    = (*Recorder)(nil)
	_ kest.PolicyChecker     = (*Recorder)(nil)
	_ kest.TierPolicyChecker = (*Recorder)(nil)
	_ kest.PolicySnapshotter = (*Recorder)(nil)
)

// Record makes a recorder in front of an engine.
func Record(engine kest.Engine) *Recorder { return &Recorder{engine: engine, record: &record{}} }

// Calls returns the calls so far, in the order in which they ended.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Evaluate implements [kest.Engine].
func (r *Recorder) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	call := Call{Policy: policy, Input: behind.Clone(input)}
	if r.engine == nil {
		call.Err = policyError(policy, errors.New("the recorder has no engine to ask: give one to kesttest.Record"))
	} else {
		call.Allowed, call.Err = r.engine.Evaluate(ctx, policy, input)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	return call.Allowed, call.Err
}

// PolicyDigest is that of the engine behind, "" if it has none.
func (r *Recorder) PolicyDigest() string { return behind.Digest(r.engine) }

// PolicySnapshot is a recorder in front of a snapshot of the engine behind, the
// same one as long as that is. What it is asked is among the Calls of r.
func (r *Recorder) PolicySnapshot() kest.Engine {
	if _, ok := r.engine.(kest.PolicySnapshotter); !ok {
		return r
	}
	engine := behind.Snapshot(r.engine)
	if last := r.last.Load(); last != nil && behind.Same(last.engine, engine) {
		return last
	}
	snapshot := &Recorder{engine: engine, record: r.record}
	r.last.Store(snapshot)
	return snapshot
}

// CheckPolicy asks the engine behind, if it implements [kest.PolicyChecker].
func (r *Recorder) CheckPolicy(policy string) error { return behind.Check(r.engine, policy) }

// CheckTierPolicy asks the engine behind, if it can say.
func (r *Recorder) CheckTierPolicy(tier kest.Tier, policy string) error {
	return behind.CheckTier(r.engine, tier, policy)
}
