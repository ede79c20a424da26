package memory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/internal/storetest"
	"github.com/kestgo/kest/runtime/cache/memory"
)

func newStore(t testing.TB, config memory.Config) *memory.Store {
	t.Helper()
	store, err := memory.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	storetest.Run(t, newStore(t, memory.Config{}), func(what string, done func() bool) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(time.Minute); !done(); <-tick.C {
			if time.Now().After(deadline) {
				t.Fatalf("not within a minute: %s", what)
			}
		}
	})
}

// TestExpiryToTheNanosecond runs on a clock of its own.
func TestExpiryToTheNanosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t, memory.Config{})
		if err := store.Put(t.Context(), "k", []byte("v"), 300*time.Second); err != nil {
			t.Fatal(err)
		}
		<-time.After(300*time.Second - 1)
		if _, err := store.Get(t.Context(), "k"); err != nil {
			t.Error("one nanosecond before:", err)
		}
		if err := store.Put(t.Context(), "k", []byte("v"), time.Second); !errors.Is(err, cache.ErrExists) {
			t.Error("one nanosecond before:", err)
		}
		<-time.After(1)
		if _, err := store.Get(t.Context(), "k"); !errors.Is(err, cache.ErrMissing) {
			t.Error("on time:", err)
		}
		if err := store.Put(t.Context(), "k", []byte("w"), time.Second); err != nil {
			t.Error("on time:", err)
		}
	})
}

func TestFullOfEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t, memory.Config{MaxEntries: 3})
		for i, ttl := range []time.Duration{3, 1, 2} {
			if err := store.Put(t.Context(), fmt.Sprint(i), []byte("v"), ttl*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		err := store.Put(t.Context(), "more", []byte("hunter2"), time.Minute)
		if !errors.Is(err, memory.ErrFull) || !strings.Contains(err.Error(), "MaxEntries") || strings.Contains(err.Error(), "hunter2") {
			t.Fatal(err)
		}
		for i := range 3 {
			if _, err := store.Get(t.Context(), fmt.Sprint(i)); err != nil {
				t.Errorf("%d was dropped: %v", i, err)
			}
		}
		<-time.After(time.Minute) // 1 expires
		if err := store.Put(t.Context(), "more", []byte("v"), time.Hour); err != nil {
			t.Error(err)
		}
		for key, there := range map[string]bool{"0": true, "1": false, "2": true, "more": true} {
			if _, err := store.Get(t.Context(), key); (err == nil) != there {
				t.Errorf("%s: %v", key, err)
			}
		}
	})
}

func TestFullOfBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The key of one byte and the value fill the store to the last byte.
		store := newStore(t, memory.Config{MaxBytes: cache.MaxValueSize + cache.MaxKeySize})
		put := func(key string, size int) error {
			return store.Put(t.Context(), key, make([]byte, size), time.Minute)
		}
		if err := errors.Join(put("a", cache.MaxValueSize), put("b", cache.MaxKeySize-2)); err != nil {
			t.Fatal(err)
		}
		err := put("c", 1)
		if !errors.Is(err, memory.ErrFull) || !strings.Contains(err.Error(), "MaxBytes") {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		// As often as would fill it were the bytes of the expired not given back.
		for range 3 {
			if err := errors.Join(put("a", cache.MaxValueSize), put("b", cache.MaxKeySize-2)); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Minute)
		}
	})
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		config memory.Config
		want   []string
	}{
		{memory.Config{MaxEntries: -1}, []string{"MaxEntries is -1"}},
		{memory.Config{MaxBytes: 1000}, []string{"MaxBytes is 1000: give 1048832"}},
		{memory.Config{MaxEntries: -2, MaxBytes: -3}, []string{"MaxEntries is -2", "MaxBytes is -3"}},
	} {
		store, err := memory.New(tt.config)
		if store != nil || !errors.Is(err, kest.ErrConfig) {
			t.Fatalf("%+v: got %v, %v", tt.config, store, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: error lacks %q: %v", tt.config, want, err)
			}
		}
	}
}

func TestStoreThatNewDidNotMake(t *testing.T) {
	for name, store := range map[string]*memory.Store{"nil": nil, "zero": {}} {
		if err := store.Put(t.Context(), "k", []byte("v"), time.Minute); err == nil || !strings.Contains(err.Error(), "New") {
			t.Errorf("%s: Put: %v", name, err)
		}
		if _, err := store.Get(t.Context(), "k"); err == nil || errors.Is(err, cache.ErrMissing) {
			t.Errorf("%s: Get: %v", name, err)
		}
	}
}
