package cache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Limits of Config.
const (
	MaxTTL        = time.Hour
	MaxMaxEntries = 1 << 20
)

// Config bounds a cache. Both members are required.
type Config struct {
	// TTL is how long a decision is used after the engine was asked for it: more
	// than 0, at most [MaxTTL]. It is also how long a policy that was withdrawn
	// on a server can go on allowing.
	TTL time.Duration
	// MaxEntries is how many decisions are kept: 1 to [MaxMaxEntries]. One takes
	// some 300 bytes, whatever the size of its input.
	MaxEntries int
}

// Engine asks another engine and keeps its decisions. It is safe for concurrent
// use. It implements [kest.Engine], [kest.PolicyDigester], [kest.PolicyChecker],
// [kest.TierPolicyChecker] and [kest.PolicySnapshotter], each as far as the
// engine behind does.
type Engine struct {
	*store
	engine kest.Engine // behind, or its snapshot
	number uint64      // of the snapshot; 0 for the engine itself
	last   atomic.Pointer[Engine]
}

var (
	_ kest.Engine            = (*Engine)(nil)
	_ kest.PolicyDigester    = (*Engine)(nil)
	_ kest.PolicyChecker     = (*Engine)(nil)
	_ kest.TierPolicyChecker = (*Engine)(nil)
	_ kest.PolicySnapshotter = (*Engine)(nil)
)

// New puts a cache in front of an engine, which must return soon after its
// context ends, as those of this module do: callers do not wait for it then, and
// one that goes on would go on for each of them. Errors match [kest.ErrConfig] and say
// all that is wrong.
func New(engine kest.Engine, config Config) (*Engine, error) {
	var problems []error
	if behind.IsNil(engine) {
		problems = append(problems, errors.New("there is no engine to ask: give one, such as that of runtime/engine/opa"))
	}
	if config.TTL <= 0 || config.TTL > MaxTTL {
		problems = append(problems, fmt.Errorf("the TTL is %s: it must be more than 0 and at most %s", config.TTL, MaxTTL))
	}
	if config.MaxEntries < 1 || config.MaxEntries > MaxMaxEntries {
		problems = append(problems, fmt.Errorf("MaxEntries is %d: it must be 1 to %d", config.MaxEntries, MaxMaxEntries))
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: cache: %w", kest.ErrConfig, errors.Join(problems...))
	}
	return &Engine{store: newStore(config), engine: engine}, nil
}

// Evaluate gives the decision that is kept, or asks the engine. Errors of the
// engine are returned as they are. The cache's own are of type
// [*kest.PolicyError]: malformed for an input that is no JSON document and for
// an engine that panics, unreachable when ctx ends first. ctx ends the wait of
// this call only: the engine goes on for others with the same question, and is
// told to stop when nobody waits any more.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if e == nil || e.store == nil {
		return false, policyError(policy, kest.ErrPolicyUnknown, errors.New("the cache has no engine: make it with New"))
	}
	e = e.view()
	if e.engine == nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, errors.New("the engine's PolicySnapshot is nil: it must be an engine"))
	}
	// Before what is kept is looked at: whoever gave up on the call must not
	// have it run.
	if ctx.Err() != nil {
		return false, ended(ctx, policy)
	}
	q := question{engine: e.engine, digest: behind.Digest(e.engine), policy: policy, input: input}
	var err error
	if q.key, err = e.newKey(&q, e.number); err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: %w", err))
	}
	return e.answer(ctx, &q)
}

// Invalidate forgets all decisions. What was asked before is not kept when its
// answer comes, and answers only those who asked before.
func (e *Engine) Invalidate() {
	if e != nil && e.store != nil {
		e.store.invalidate()
	}
}

// PolicyDigest is that of the engine, "" if it has none.
func (e *Engine) PolicyDigest() string {
	if e == nil {
		return ""
	}
	return behind.Digest(e.engine)
}

// CheckPolicy asks the engine, if it can say.
func (e *Engine) CheckPolicy(policy string) error {
	return e.check(policy, func() error { return behind.Check(e.engine, policy) })
}

// CheckTierPolicy asks the engine, if it can say.
func (e *Engine) CheckTierPolicy(tier kest.Tier, policy string) error {
	return e.check(policy, func() error { return behind.CheckTier(e.engine, tier, policy) })
}

func (e *Engine) check(policy string, ask func() error) error {
	if e == nil || e.store == nil {
		return policyError(policy, kest.ErrPolicyUnknown, errors.New("the cache has no engine: make it with New"))
	}
	return ask()
}

// PolicySnapshot is this cache in front of a snapshot of the engine. It is the
// same one as long as that is.
func (e *Engine) PolicySnapshot() kest.Engine {
	if e == nil || e.store == nil {
		return e
	}
	return e.view()
}

// view is PolicySnapshot. A new snapshot gets a number, which is in its keys, so
// that what another one decided is not found even if neither has a digest.
func (e *Engine) view() *Engine {
	if _, ok := e.engine.(kest.PolicySnapshotter); !ok || e.number != 0 {
		return e
	}
	engine := behind.Snapshot(e.engine)
	if last := e.last.Load(); last != nil && behind.Same(last.engine, engine) {
		return last
	}
	view := &Engine{store: e.store, engine: engine, number: e.snapshots.Add(1)}
	e.last.Store(view)
	return view
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: "cache", Policy: policy, Failure: failure, Err: err}
}

// ended is for a call whose context ended.
func ended(ctx context.Context, policy string) error {
	return policyError(policy, kest.ErrPolicyUnreachable, context.Cause(ctx))
}
