package reload

import (
	"context"
	"errors"
	"fmt"
)

var (
	errClosed = errors.New("the engine is closed: the policies that were loaded last stay in use")
	errGoexit = errors.New("the loader ended its goroutine: it must not call runtime.Goexit")
)

// attempt is one attempt to use what is at Path. It runs in a goroutine of its
// own, so that a Load that does not come back holds up later attempts only, and
// neither Close nor whoever waits. Its first outcome counts, and to be given up
// is one.
type attempt struct {
	done chan struct{} // closed at its end
	// Under Engine.mu.
	over bool
	err  error
}

// Reload looks and loads now, also if nothing has changed: for a signal such as
// SIGHUP. nil means that what is at Path is in use. An error matches
// [kest.ErrConfig], and the policies from before are in use. When ctx ends first,
// what Load gives later is not used.
func (e *Engine) Reload(ctx context.Context) error {
	if e.loaded() == nil {
		return configError(errNotLoaded)
	}
	return e.run(ctx, func() outcome {
		v, err := e.build()
		return outcome{version: v, err: err}
	})
}

// run makes one attempt when it is its turn.
func (e *Engine) run(ctx context.Context, work func() outcome) error {
	if e.isClosed() {
		return configError(errClosed)
	}
	select {
	case e.turn <- struct{}{}:
	case <-e.closing:
		return configError(errClosed)
	case <-ctx.Done():
		return configError(fmt.Errorf("an earlier load has not come back: %w", context.Cause(ctx)))
	}
	a := &attempt{done: make(chan struct{})}
	go func() {
		defer func() { <-e.turn }()
		defer close(a.done)
		defer e.settle(a, outcome{err: errGoexit}) // is the first outcome only then
		e.settle(a, work())
	}()
	select {
	case <-a.done:
	case <-e.closing:
		e.giveUp(a, errClosed)
	case <-ctx.Done():
		e.giveUp(a, fmt.Errorf("the loader has not come back: %w", context.Cause(ctx)))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return a.err
}

// giveUp ends an attempt that has no outcome yet.
func (e *Engine) giveUp(a *attempt, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !a.over {
		a.over, a.err = true, configError(err)
	}
}

func (e *Engine) isClosed() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}
