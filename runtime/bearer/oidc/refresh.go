package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/bearer"
)

// remoteKeys are the keys at a URL. That of go-oidc asks the provider for every
// key id that it does not know, so that whoever sends tokens decides how often;
// this one has a clock. It asks when it is asked, and once for all that wait.
type remoteKeys struct {
	location    string // for requests
	shown       string // for errors and logs: without a query, which may hold a secret
	maxAge      time.Duration
	minInterval time.Duration
	maxStale    time.Duration
	timeout     time.Duration
	client      *http.Client
	logger      *slog.Logger
	now         func() time.Time

	mu     sync.Mutex
	state  state
	flight *flight // the request that is on its way; nil if none is
}

// state is what is known of the URL.
type state struct {
	keys      []jose.JSONWebKey // of the last good answer; nil before the first
	fetched   time.Time         // when that was asked for
	notBefore time.Time         // when the provider may be asked again
	failures  int               // since the last good answer
	err       error             // of the last request; nil if it was good
}

// flight is one request, and whoever waits for it.
type flight struct{ done chan struct{} }

// with gives the keys to try, which says whether it is content with them, and if
// it is not, newer ones. The provider is asked when the set is older than maxAge,
// and when try is not content, since its key may be new; but never twice within
// minInterval. Errors match bearer.ErrUnavailable: there is no set younger than
// maxStale, or try was not content and the provider did not answer. ctx bounds the
// wait of this call only.
func (k *remoteKeys) with(ctx context.Context, try func([]jose.JSONWebKey) bool) error {
	known, err := k.fresh(ctx)
	if err != nil {
		return err
	}
	if k.usable(known) && try(known.keys) {
		return nil
	}
	// Only the set that was tried is asked for again: if another caller has
	// fetched one since, that is new enough.
	seen := known.fetched
	known, err = k.await(ctx, k.now(), func(now state) bool { return now.fetched.After(seen) })
	if err != nil {
		return err
	}
	usable := k.usable(known)
	if usable && known.fetched.After(seen) && try(known.keys) {
		return nil
	}
	if known.err != nil || !usable {
		return k.unavailable(known)
	}
	return nil
}

// load says whether there are keys to use, after asking for them if need be.
func (k *remoteKeys) load(ctx context.Context) error {
	known, err := k.fresh(ctx)
	if err == nil && !k.usable(known) {
		err = k.unavailable(known)
	}
	return err
}

func (k *remoteKeys) fresh(ctx context.Context) (state, error) {
	now := k.now()
	return k.await(ctx, now, func(known state) bool { return known.keys != nil && now.Before(known.fetched.Add(k.maxAge)) })
}

// usable says whether a set may still be believed.
func (k *remoteKeys) usable(known state) bool {
	return known.keys != nil && k.now().Before(known.fetched.Add(k.maxStale))
}

func (k *remoteKeys) unavailable(known state) error {
	err := known.err
	if err == nil {
		err = errors.New("they were not asked for again yet")
	}
	return fmt.Errorf("%w: keys of %s: %w", bearer.ErrUnavailable, k.shown, err)
}

// await gives the state when it is enough, or when the provider may not be asked
// again yet, or after it has been asked. The request is nobody's own: it goes on
// for the others when a caller goes away.
func (k *remoteKeys) await(ctx context.Context, now time.Time, enough func(state) bool) (state, error) {
	k.mu.Lock()
	if enough(k.state) || k.flight == nil && now.Before(k.state.notBefore) {
		defer k.mu.Unlock()
		return k.state, nil
	}
	if k.flight == nil {
		k.flight = &flight{done: make(chan struct{})}
		go k.refresh(k.flight)
	}
	flight := k.flight
	k.mu.Unlock()
	select {
	case <-flight.done:
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.state, nil
	case <-ctx.Done():
		return state{}, fmt.Errorf("%w: keys of %s: %w", bearer.ErrUnavailable, k.shown, context.Cause(ctx))
	}
}

// refresh asks the provider and takes what it says.
func (k *remoteKeys) refresh(flight *flight) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), k.timeout, &timeoutError{k.timeout})
	defer cancel()
	asked := k.now()
	keys, err := k.fetch(ctx)
	k.mu.Lock()
	next := k.after(k.state, asked, keys, err)
	k.state, k.flight = next, nil
	k.mu.Unlock()
	defer close(flight.done) // after the log: who waited finds the reason there
	if err != nil {
		k.logger.LogAttrs(ctx, slog.LevelWarn, "kest: keys of the token issuer cannot be fetched",
			slog.String("url", k.shown), slog.String("error", err.Error()),
			slog.Int("failures", next.failures), slog.Bool("old_keys_stay", k.usable(next)))
	}
}

// after is the state after an answer, or after none.
func (k *remoteKeys) after(before state, asked time.Time, keys []jose.JSONWebKey, err error) state {
	now := k.now()
	if err != nil {
		before.err = err
		before.notBefore = now.Add(k.backOff(before.failures))
		before.failures++
		return before
	}
	return state{keys: keys, fetched: asked, notBefore: now.Add(k.minInterval)}
}

// backOff is how long to leave the provider alone after so many failures and one
// more: minInterval, doubled each time up to maxAge, and up to half as much again
// at random, so that programs which failed together do not come back together.
func (k *remoteKeys) backOff(failures int) time.Duration {
	wait := k.minInterval
	for range failures {
		if wait >= k.maxAge/2 {
			wait = k.maxAge
			break
		}
		wait *= 2
	}
	return wait + rand.N(wait/2+1)
}
