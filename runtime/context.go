package kest

import "context"

// state is what this package keeps in a context, all under one key: a lookup
// walks outward through the contexts, and a deep chain of calls must not pay
// for that more than once.
type state struct {
	runtime   *Runtime // of NewContext
	own       bool     // NewContext was called, even with nil
	hooked    bool     // inside a hook, which has made the baggage say what principal says
	principal principal
	collector *Collector
	refused   error // why no call may run under this context
	tips      []*node
	tip       [1]*node // room for tips, when there is one
}

type stateKey struct{}

func stateFromContext(ctx context.Context) state {
	if s, ok := ctx.Value(stateKey{}).(*state); ok {
		return *s
	}
	return state{}
}

func contextWithState(ctx context.Context, s state) context.Context {
	return context.WithValue(ctx, stateKey{}, &s)
}

// contextWithTip is contextWithTips for one tip, in one allocation.
func (s state) contextWithTip(ctx context.Context, tip *node) context.Context {
	s.tip[0] = tip
	inner := &s
	inner.tips = inner.tip[:]
	return context.WithValue(ctx, stateKey{}, inner)
}

func tipsFromContext(ctx context.Context) []*node { return stateFromContext(ctx).tips }

func contextWithTips(ctx context.Context, tips []*node) context.Context {
	s := stateFromContext(ctx)
	s.tips = tips
	return contextWithState(ctx, s)
}

// NewContext gives everything under the returned context a runtime of its own.
// Tests that run in parallel use it instead of SetDefault.
func NewContext(ctx context.Context, rt *Runtime) context.Context {
	s := stateFromContext(ctx)
	s.runtime, s.own = rt, true
	return contextWithState(ctx, s)
}

// FromContext is the runtime that calls under ctx run with, or an error that
// matches ErrConfig when there is none.
func FromContext(ctx context.Context) (*Runtime, error) {
	s := stateFromContext(ctx)
	return s.runtimeOrDefault()
}

// runtimeOrDefault does not fall back from a nil runtime that was given to
// NewContext.
func (s *state) runtimeOrDefault() (*Runtime, error) {
	rt := s.runtime
	if !s.own {
		rt = defaultRuntime.Load()
	}
	if rt == nil {
		return nil, wrap(ErrConfig, "no runtime: make one with kest.New and give it to kest.SetDefault at start-up, or to kest.NewContext")
	}
	return rt, nil
}
