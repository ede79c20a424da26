package reload

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Engine is the engine that was loaded last. It is safe for concurrent use. It
// implements [kest.Engine], [kest.PolicyDigester], [kest.PolicyChecker],
// [kest.TierPolicyChecker] and [kest.PolicySnapshotter], each as far as the
// loaded engine does.
type Engine struct {
	config  Config
	current atomic.Pointer[version] // changes under mu only

	turn    chan struct{} // full while an attempt runs
	watch   watch         // of the attempt that runs
	closing chan struct{} // closed by Close
	closed  sync.Once
	ended   chan struct{} // closed when the goroutine that polls has ended

	mu       sync.Mutex
	accepted map[name]bool // what CheckPolicy found
	err      error
	reported failure // the last, so that it is not reported again

	reporting sync.Mutex // held by report
}

var (
	_ kest.Engine            = (*Engine)(nil)
	_ kest.PolicyDigester    = (*Engine)(nil)
	_ kest.PolicyChecker     = (*Engine)(nil)
	_ kest.TierPolicyChecker = (*Engine)(nil)
	_ kest.PolicySnapshotter = (*Engine)(nil)
)

// firstLooks is how often New tries when files change under it.
const firstLooks = 3

// New loads the policies, which must succeed, and looks for changes until Close.
// Errors match [kest.ErrConfig]: those of the configuration, of the files, and of
// Load.
func New(config Config) (*Engine, error) {
	e, err := load(config)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(e.config.Interval)
	go func() {
		defer ticker.Stop()
		e.poll(ticker.C)
	}()
	return e, nil
}

// load is New without the goroutine.
func load(config Config) (*Engine, error) {
	if err := config.check(); err != nil {
		return nil, configError(err)
	}
	e := &Engine{
		config:   config,
		turn:     make(chan struct{}, 1),
		closing:  make(chan struct{}),
		ended:    make(chan struct{}),
		accepted: make(map[name]bool),
	}
	var err error
	for range firstLooks {
		var v *version
		if v, err = e.build(); err == nil {
			e.current.Store(v)
			return e, nil
		}
		if !errors.Is(err, errChanged) {
			break
		}
	}
	return nil, configError(err)
}

// Close ends the looking for changes. The policies that were loaded last stay in
// use. It does not wait for a Load that is running; what that gives is not used.
// The error is always nil.
func (e *Engine) Close() error {
	if e == nil || e.closing == nil {
		return nil
	}
	e.closed.Do(func() { close(e.closing) })
	<-e.ended
	return nil
}

// Err says why what is at Path is not in use, and is nil if it is. It matches
// [kest.ErrConfig]. Content that was seen once and is not loaded yet is not an
// error.
func (e *Engine) Err() error {
	if e.loaded() == nil {
		return configError(errNotLoaded)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// Evaluate asks the engine that is in use. Its error is returned as it is. A hook
// does not call this: it asks a snapshot, so that one version decides all
// policies of a call.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	v := e.loaded()
	if v == nil {
		return false, notLoaded(policy)
	}
	allowed, err := v.engine.Evaluate(ctx, policy, input)
	return allowed && err == nil, err
}

// PolicyDigest is that of the engine that is in use, "" if it has none.
func (e *Engine) PolicyDigest() string {
	v := e.loaded()
	if v == nil {
		return ""
	}
	return behind.Digest(v.engine)
}

// PolicySnapshot is the engine that is in use, or a snapshot of that.
func (e *Engine) PolicySnapshot() kest.Engine {
	v := e.loaded()
	if v == nil {
		return e
	}
	return behind.Snapshot(v.engine)
}

// CheckPolicy asks the engine that is in use, if it can say. Policies that come
// later must have each one that it had.
func (e *Engine) CheckPolicy(policy string) error { return e.check(name{"", policy}) }

// CheckTierPolicy asks the engine that is in use, as CheckPolicy does.
func (e *Engine) CheckTierPolicy(tier kest.Tier, policy string) error {
	return e.check(name{tier, policy})
}

func (e *Engine) check(n name) error {
	for {
		v := e.loaded()
		if v == nil {
			return notLoaded(n.policy)
		}
		if err := n.check(v.engine); err != nil || !behind.CanCheck(v.engine) {
			return err
		}
		if e.accept(v, n) {
			return nil
		}
	}
}

// accept notes a policy that a version has, if that is still the one in use.
func (e *Engine) accept(v *version, n name) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current.Load() != v {
		return false
	}
	e.accepted[n] = true
	return true
}

// loaded is the version in use, nil if New did not make e.
func (e *Engine) loaded() *version {
	if e == nil {
		return nil
	}
	return e.current.Load()
}

var errNotLoaded = errors.New("nothing is loaded: make the engine with New")

func notLoaded(policy string) error {
	return &kest.PolicyError{Engine: "reload", Policy: policy, Failure: kest.ErrPolicyUnknown, Err: errNotLoaded}
}
