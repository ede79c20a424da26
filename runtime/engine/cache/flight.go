package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// flight is one question on its way to the engine, in a goroutine of its own: no
// caller's end is its end. golang.org/x/sync/singleflight knows neither how many
// wait nor how to stop.
type flight struct {
	question // with an input of its own, since callers may be gone first
	ctx      context.Context
	cancel   context.CancelFunc
	waiting  int // callers; under store.mu

	landed  chan struct{} // closed when the members below are set
	allowed bool
	err     error
}

// take makes a flight. It has the values of the context of the caller that was
// first, and not its end. The caller holds mu.
func (s *store) take(ctx context.Context, q *question) *flight {
	f := &flight{question: *q, landed: make(chan struct{})}
	f.input = behind.Clone(q.input)
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return f
}

// fly asks the engine and tells everybody.
func (f *flight) fly(s *store) {
	asked := time.Now()
	current := false
	f.err = policyError(f.policy, kest.ErrPolicyMalformed, errGoexit) // unless something else is known below
	defer func() {
		if r := recover(); r != nil {
			f.allowed, current = false, false
			f.err = policyError(f.policy, kest.ErrPolicyMalformed, fmt.Errorf("the engine panicked: %v", r))
		}
		f.land(s, current, asked)
	}()
	allowed, err := f.engine.Evaluate(f.ctx, f.policy, f.input)
	// Kept only if the policies are still those that the question was for, and
	// somebody waited until the end.
	current = behind.Digest(f.engine) == f.digest && f.ctx.Err() == nil
	f.allowed, f.err = allowed && err == nil, err
}

var errGoexit = errors.New("the engine ended its goroutine: it must not call runtime.Goexit")

// land keeps the decision, if it is one, and tells everybody.
func (f *flight) land(s *store, current bool, asked time.Time) {
	defer f.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flights[f.key] == f {
		delete(s.flights, f.key)
	}
	if current && f.err == nil {
		s.keep(f.key, decision{f.allowed, asked.Add(s.ttl)})
	}
	close(f.landed)
}

// leave takes a caller off a flight. When none is left the flight is not joined
// any more, and its engine is told to stop.
func (s *store) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiting--
	if f.waiting > 0 {
		return
	}
	f.cancel()
	if s.flights[f.key] == f {
		delete(s.flights, f.key)
	}
}
