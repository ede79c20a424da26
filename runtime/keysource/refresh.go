package keysource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// state is what is known of a URL.
type state struct {
	keys       *kest.KeySet // of the last good answer; nil before the first
	fetched    time.Time    // when that was asked for
	freshUntil time.Time
	notBefore  time.Time // when the server may be asked again
	failures   int       // since the last good answer
	err        error     // of the last request; nil if it was good
}

// flight is one request, and whoever waits for it.
type flight struct{ done chan struct{} }

// Keys implements [kest.KeySource]. A workload that is not one of Subjects has no
// key here, and the server is not asked. Otherwise it is asked when the set is
// older than MaxAge, and when the set lacks the key, since it may be new; but never
// twice within MinInterval. Errors match ErrUnavailable: there is no set younger
// than MaxStale, or it lacks the key and the server did not answer. ctx bounds the
// wait of this call only.
func (s *URL) Keys(ctx context.Context, workload, kid string) ([]kest.Key, error) {
	if s == nil || s.client == nil {
		return nil, errNoURL()
	}
	if !s.subjects.has(workload) {
		return nil, nil
	}
	now := s.now()
	known, err := s.await(ctx, now, func(known state) bool { return now.Before(known.freshUntil) })
	if err != nil {
		return nil, err
	}
	if found := known.find(workload, kid, s.usable(known)); len(found) > 0 {
		return found, nil
	}
	// Only the set that was looked at is asked for again: if another caller has
	// fetched one since, that is new enough.
	seen := known.fetched
	known, err = s.await(ctx, s.now(), func(now state) bool { return now.fetched.After(seen) })
	if err != nil {
		return nil, err
	}
	usable := s.usable(known)
	found := known.find(workload, kid, usable)
	if len(found) == 0 && (known.err != nil || !usable) {
		return nil, s.unavailable(known)
	}
	return found, nil
}

// Load asks for the keys, unless there are fresh ones or the server was asked
// within MinInterval, and says whether there are keys to use: at the start of a
// program that should not run without, and in a health check. The error matches
// ErrUnavailable.
func (s *URL) Load(ctx context.Context) error {
	if s == nil || s.client == nil {
		return errNoURL()
	}
	now := s.now()
	known, err := s.await(ctx, now, func(known state) bool { return now.Before(known.freshUntil) })
	if err == nil && !s.usable(known) {
		err = s.unavailable(known)
	}
	return err
}

func errNoURL() error {
	return fmt.Errorf("%w: there is no URL: make the source with NewURL", ErrUnavailable)
}

// find gives keys of a set that may be used.
func (k *state) find(workload, kid string, usable bool) []kest.Key {
	if !usable {
		return nil
	}
	found, _ := k.keys.Keys(context.Background(), workload, kid) // a set does not fail
	return found
}

// usable says whether a set may still be believed.
func (s *URL) usable(known state) bool {
	return known.keys != nil && s.now().Before(known.fetched.Add(s.maxStale))
}

func (s *URL) unavailable(known state) error {
	err := known.err
	if err == nil {
		err = errors.New("it was not asked again yet")
	}
	return fmt.Errorf("%w: keys of %s: %w", ErrUnavailable, s.shown, err)
}

// await gives the state when it is enough, or when the server may not be asked
// again yet, or after it has been asked. The request is nobody's own: it goes on
// for the others when a caller goes away.
func (s *URL) await(ctx context.Context, now time.Time, enough func(state) bool) (state, error) {
	s.mu.Lock()
	if enough(s.state) || s.flight == nil && now.Before(s.state.notBefore) {
		defer s.mu.Unlock()
		return s.state, nil
	}
	if s.flight == nil {
		s.flight = &flight{done: make(chan struct{})}
		go s.refresh(s.flight)
	}
	flight := s.flight
	s.mu.Unlock()
	select {
	case <-flight.done:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state, nil
	case <-ctx.Done():
		return state{}, fmt.Errorf("%w: keys of %s: %w", ErrUnavailable, s.shown, context.Cause(ctx))
	}
}

// refresh asks the server and takes what it says.
func (s *URL) refresh(flight *flight) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), s.timeout, &timeoutError{s.timeout})
	defer cancel()
	asked := s.now()
	keys, age, err := s.fetch(ctx)
	s.mu.Lock()
	next := s.state.after(s, asked, keys, age, err)
	s.state, s.flight = next, nil
	s.mu.Unlock()
	defer close(flight.done) // after the log: who waited finds the reason there
	if err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "kest: keys cannot be fetched",
			slog.String("url", s.shown), slog.String("error", err.Error()),
			slog.Int("failures", next.failures), slog.Bool("old_keys_stay", s.usable(next)))
	}
}

// after is the state after an answer, or after none.
func (k state) after(s *URL, asked time.Time, keys *kest.KeySet, age time.Duration, err error) state {
	now := s.now()
	k.err = err
	if err != nil {
		k.notBefore = now.Add(s.backOff(k.failures))
		k.failures++
		return k
	}
	return state{keys: keys, fetched: asked, freshUntil: asked.Add(age), notBefore: now.Add(s.minInterval)}
}

// backOff is how long to leave the server alone after so many failures and one
// more: MinInterval, doubled each time up to MaxAge, and up to half as much again
// at random, so that programs which failed together do not come back together.
func (s *URL) backOff(failures int) time.Duration {
	wait := s.minInterval
	for range failures {
		if wait >= s.maxAge/2 {
			wait = s.maxAge
			break
		}
		wait *= 2
	}
	return wait + rand.N(wait/2+1)
}

// timeoutError is the cause with which the context of a request ends.
type timeoutError struct{ timeout time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.timeout) }

// Is makes it match the error of a context that ended by itself.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
