// Package refreshed keeps a value that lives at a server, such as a set of keys,
// and asks for it again: when it is old, and when it lacks what is looked for.
//
// Whoever can make a program look for something must not decide how often the
// server is asked, and a server that is down must not take the program with it.
// So there is one request for all that wait, and a shortest time between two of
// them, which grows with each failure; meanwhile the last good value stays in use,
// but not for ever.
//
// Nothing runs on its own: a [Value] asks when it is asked.
package refreshed

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Settings say how often to ask. All of them are required and positive, but where
// it says otherwise.
type Settings struct {
	// MaxAge is how long a value is used before it is asked for again.
	MaxAge time.Duration
	// MinInterval is the shortest time between the end of a request and the next
	// one, and the first wait after a failure. At most MaxAge.
	MinInterval time.Duration
	// MaxStale is how long, since it was asked for, a value is used while the
	// server does not answer. At least MaxAge.
	MaxStale time.Duration
	// Timeout bounds one request.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// BackOff is how long to leave the server alone after so many failures and one
// more: MinInterval, doubled each time up to MaxAge, and up to half as much again
// at random, so that programs which failed together do not come back together.
func (s *Settings) BackOff(failures int) time.Duration {
	wait := s.MinInterval
	for range failures {
		if wait >= s.MaxAge/2 {
			wait = s.MaxAge
			break
		}
		wait *= 2
	}
	return wait + rand.N(wait/2+1)
}

// ErrTooEarly says that there is no value to use, that the last request was good,
// and that it is too early for another.
var ErrTooEarly = errors.New("too early to ask again")

// Fetch asks for the value, once. age is how long the value is good for, since the
// request began. MaxAge shortens it, and however short it is, there is no other
// request before MinInterval. ctx ends after Timeout, with a cause that says so; it
// is not that of a caller.
type Fetch[T any] func(ctx context.Context) (value T, age time.Duration, err error)

// Failure is a request that failed.
type Failure struct {
	Err      error // of Fetch
	Failures int   // in a row, with this one
	Usable   bool  // whether the last good value stays in use
}

// Value is a value at a server. It is safe for concurrent use. Only [New] makes
// one.
type Value[T any] struct {
	settings Settings
	fetch    Fetch[T]
	report   func(context.Context, Failure)

	mu     sync.Mutex
	state  state[T]
	flight *flight // the request that is on its way; nil if none is
}

// state is what is known of the server.
type state[T any] struct {
	value      T // of the last good answer
	known      bool
	asked      time.Time // when the value was asked for
	freshUntil time.Time
	notBefore  time.Time // when the server may be asked again
	failures   int       // since the last good answer
	err        error     // of the last request; nil if it was good
}

// flight is one request, and whoever waits for it.
type flight struct{ done chan struct{} }

// New makes a value that nobody has asked for yet. report is told of each failure,
// before those who wait are.
func New[T any](settings Settings, fetch Fetch[T], report func(context.Context, Failure)) *Value[T] {
	if settings.Now == nil {
		settings.Now = time.Now
	}
	return &Value[T]{settings: settings, fetch: fetch, report: report}
}

// Use gives the value to try, which says whether it is content with it, and if it
// is not, a newer one. The server is asked when the value is too old, and when try
// is not content, since what it looks for may be new; but never twice within
// MinInterval. nil says that try was content, or that the server's last answer
// lacks what it looks for.
//
// An error says that there is no value younger than MaxStale, or that try was not
// content and the server did not answer: it is that of Fetch, or ErrTooEarly. Or it
// is the cause of the end of ctx, which bounds the wait of this call only.
func (v *Value[T]) Use(ctx context.Context, try func(T) bool) error {
	known, err := v.fresh(ctx)
	if err != nil {
		return err
	}
	if v.usable(&known) && try(known.value) {
		return nil
	}
	// Only the value that was tried is asked for again: if another caller has
	// fetched one since, that is new enough.
	seen := known.asked
	known, err = v.await(ctx, v.settings.Now(), func(now *state[T]) bool { return now.asked.After(seen) })
	if err != nil {
		return err
	}
	usable := v.usable(&known)
	if usable && known.asked.After(seen) && try(known.value) {
		return nil
	}
	if known.err != nil || !usable {
		return unavailable(&known)
	}
	return nil
}

// Load says whether there is a value to use, after asking for it unless it is fresh
// or the server was asked within MinInterval. Errors are those of Use.
func (v *Value[T]) Load(ctx context.Context) error {
	known, err := v.fresh(ctx)
	if err == nil && !v.usable(&known) {
		err = unavailable(&known)
	}
	return err
}

func (v *Value[T]) fresh(ctx context.Context) (state[T], error) {
	now := v.settings.Now()
	return v.await(ctx, now, func(known *state[T]) bool { return known.known && now.Before(known.freshUntil) })
}

// usable says whether a value may still be believed.
func (v *Value[T]) usable(known *state[T]) bool {
	return known.known && v.settings.Now().Before(known.asked.Add(v.settings.MaxStale))
}

func unavailable[T any](known *state[T]) error {
	if known.err == nil {
		return ErrTooEarly
	}
	return known.err
}

// await gives the state when it is enough, or when the server may not be asked
// again yet, or after it has been asked. The request is nobody's own: it goes on
// for the others when a caller goes away.
func (v *Value[T]) await(ctx context.Context, now time.Time, enough func(*state[T]) bool) (state[T], error) {
	v.mu.Lock()
	if enough(&v.state) || v.flight == nil && now.Before(v.state.notBefore) {
		defer v.mu.Unlock()
		return v.state, nil
	}
	if v.flight == nil {
		v.flight = &flight{done: make(chan struct{})}
		go v.refresh(v.flight)
	}
	flight := v.flight
	v.mu.Unlock()
	select {
	case <-flight.done:
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.state, nil
	case <-ctx.Done():
		return state[T]{}, context.Cause(ctx)
	}
}

// refresh asks the server and takes what it says.
func (v *Value[T]) refresh(flight *flight) {
	ctx, cancel := WithTimeout(context.Background(), v.settings.Timeout)
	defer cancel()
	asked := v.settings.Now()
	value, age, err := v.fetch(ctx)
	v.mu.Lock()
	if err != nil {
		v.failed(err)
	} else {
		v.answered(asked, value, age)
	}
	next := v.state
	v.flight = nil
	v.mu.Unlock()
	defer close(flight.done) // after the report: who waited finds the reason there
	if err != nil {
		v.report(ctx, Failure{Err: err, Failures: next.failures, Usable: v.usable(&next)})
	}
}

// answered is the state after an answer.
func (v *Value[T]) answered(asked time.Time, value T, age time.Duration) {
	v.state = state[T]{
		value: value, known: true, asked: asked, freshUntil: asked.Add(min(age, v.settings.MaxAge)),
		notBefore: v.settings.Now().Add(v.settings.MinInterval),
	}
}

// failed is the state after no answer: the last value stays.
func (v *Value[T]) failed(err error) {
	v.state.err = err
	v.state.notBefore = v.settings.Now().Add(v.settings.BackOff(v.state.failures))
	v.state.failures++
}
