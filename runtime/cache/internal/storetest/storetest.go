// Package storetest is what every cache.Store has to do, as tests.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/cache"
)

const ttl = 5 * time.Minute

// Run holds one store, which nobody else fills, against the interface. eventually
// waits for what becomes true, by whatever clock the store has.
func Run(t *testing.T, store cache.Store, eventually func(what string, done func() bool)) {
	t.Run("round trip", func(t *testing.T) { roundTrip(t, store) })
	t.Run("limits", func(t *testing.T) { limits(t, store) })
	t.Run("never overwritten", func(t *testing.T) { neverOverwritten(t, store) })
	t.Run("values are copied", func(t *testing.T) { copied(t, store) })
	t.Run("context", func(t *testing.T) { contextEnded(t, store) })
	t.Run("many at once", func(t *testing.T) { atOnce(t, store) })
	t.Run("expiry", func(t *testing.T) {
		put(t, store, "short", []byte("gone soon"), 100*time.Millisecond)
		put(t, store, "long", []byte("stays"), ttl)
		eventually("the key expires", func() bool {
			_, err := store.Get(t.Context(), "short")
			if err != nil && !errors.Is(err, cache.ErrMissing) {
				t.Fatal(err)
			}
			return err != nil
		})
		want(t, store, "long", []byte("stays"))
		put(t, store, "short", []byte("again"), ttl)
		want(t, store, "short", []byte("again"))
	})
}

func roundTrip(t *testing.T, store cache.Store) {
	if value, err := store.Get(t.Context(), "kest.claim.none"); !errors.Is(err, cache.ErrMissing) || value != nil {
		t.Errorf("got %q, %v for a key that was never stored", value, err)
	}
	for name, value := range map[string][]byte{
		"one":     {0},
		"json":    []byte(`["a.b.c","d.e.f"]`),
		"binary":  {0xff, 0, '\r', '\n', 0x80, '$'},
		"largest": bytes.Repeat([]byte("x"), cache.MaxValueSize),
	} {
		key := "kest.claim." + name
		put(t, store, key, value, ttl)
		want(t, store, key, value)
	}
	longest := strings.Repeat("k", cache.MaxKeySize)
	put(t, store, longest, []byte("v"), cache.MaxTTL)
	want(t, store, longest, []byte("v"))
	if _, err := store.Get(t.Context(), longest[1:]); !errors.Is(err, cache.ErrMissing) {
		t.Errorf("got %v for the start of a key", err)
	}
}

func limits(t *testing.T, store cache.Store) {
	value := []byte("hunter2")
	for name, err := range map[string]error{
		"no key":          store.Put(t.Context(), "", value, ttl),
		"long key":        store.Put(t.Context(), strings.Repeat("k", cache.MaxKeySize+1), value, ttl),
		"key with space":  store.Put(t.Context(), "a b", value, ttl),
		"key with line":   store.Put(t.Context(), "a\r\nDEL", value, ttl),
		"key not ASCII":   store.Put(t.Context(), "ключ", value, ttl),
		"nil value":       store.Put(t.Context(), "limit", nil, ttl),
		"empty value":     store.Put(t.Context(), "limit", []byte{}, ttl),
		"large value":     store.Put(t.Context(), "limit", make([]byte, cache.MaxValueSize+1), ttl),
		"no time to live": store.Put(t.Context(), "limit", value, 0),
		"negative":        store.Put(t.Context(), "limit", value, -time.Second),
		"too short":       store.Put(t.Context(), "limit", value, cache.MinTTL-1),
		"too long":        store.Put(t.Context(), "limit", value, cache.MaxTTL+1),
	} {
		if !errors.Is(err, cache.ErrInvalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := store.Get(t.Context(), "limit"); !errors.Is(err, cache.ErrMissing) {
		t.Errorf("a refused value was stored: %v", err)
	}
	for _, key := range []string{"", "a b", strings.Repeat("k", cache.MaxKeySize+1)} {
		if _, err := store.Get(t.Context(), key); !errors.Is(err, cache.ErrInvalid) || errors.Is(err, cache.ErrMissing) {
			t.Errorf("got %v for the key %.10q", err, key)
		}
	}
}

func neverOverwritten(t *testing.T, store cache.Store) {
	put(t, store, "once", []byte("first"), ttl)
	for _, value := range []string{"second", "first"} {
		if err := store.Put(t.Context(), "once", []byte(value), ttl); !errors.Is(err, cache.ErrExists) {
			t.Errorf("another Put of %s: got %v", value, err)
		}
	}
	want(t, store, "once", []byte("first"))
}

func copied(t *testing.T, store cache.Store) {
	value := []byte("as it was put")
	put(t, store, "copied", value, ttl)
	clear(value)
	got, err := store.Get(t.Context(), "copied")
	if err != nil || string(got) != "as it was put" {
		t.Fatalf("got %q, %v after the caller changed its slice", got, err)
	}
	clear(got)
	want(t, store, "copied", []byte("as it was put"))
}

func contextEnded(t *testing.T, store cache.Store) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("client went away")
	cancel(reason)
	if err := store.Put(ctx, "canceled", []byte("v"), ttl); !errors.Is(err, reason) {
		t.Errorf("Put: got %v", err)
	}
	if _, err := store.Get(ctx, "canceled"); !errors.Is(err, reason) || errors.Is(err, cache.ErrMissing) {
		t.Errorf("Get: got %v", err)
	}
	if _, err := store.Get(t.Context(), "canceled"); !errors.Is(err, cache.ErrMissing) {
		t.Errorf("the value was stored: %v", err)
	}
}

// atOnce has eight callers put each key: one of them wins, and what it put is
// what all of them get.
func atOnce(t *testing.T, store cache.Store) {
	const callers, keys = 8, 25
	var winners [keys]atomic.Int32
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for i := range keys {
				key := fmt.Sprint("at-once-", i)
				switch err := store.Put(t.Context(), key, []byte(fmt.Sprint(caller)), ttl); {
				case err == nil:
					if old := winners[i].Swap(int32(caller + 1)); old != 0 {
						t.Errorf("%s was stored twice", key)
					}
				case !errors.Is(err, cache.ErrExists):
					t.Errorf("%s: %v", key, err)
				}
				if _, err := store.Get(t.Context(), key); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
	running.Wait()
	for i := range keys {
		want(t, store, fmt.Sprint("at-once-", i), []byte(fmt.Sprint(winners[i].Load()-1)))
	}
}

func put(t *testing.T, store cache.Store, key string, value []byte, ttl time.Duration) {
	t.Helper()
	if err := store.Put(t.Context(), key, value, ttl); err != nil {
		t.Fatalf("Put %.40s: %v", key, err)
	}
}

func want(t *testing.T, store cache.Store, key string, value []byte) {
	t.Helper()
	got, err := store.Get(t.Context(), key)
	if err != nil || !bytes.Equal(got, value) {
		t.Errorf("Get %.40s: got %.40q, %v; want %.40q", key, got, err, value)
	}
}
