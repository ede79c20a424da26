package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kestgo/kest/runtime/cache"
)

// table is a cache of one's own, on a table of a database that is made of a map
// here.
type table struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	value   string
	expires time.Time
}

func (t *table) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if err := cache.Check(key, value, ttl); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.rows[key]; ok && time.Now().Before(old.expires) {
		return cache.ErrExists
	}
	t.rows[key] = row{string(value), time.Now().Add(ttl)}
	return nil
}

func (t *table) Get(_ context.Context, key string) ([]byte, error) {
	if err := cache.CheckKey(key); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.rows[key]
	if !ok || !time.Now().Before(found.expires) {
		return nil, cache.ErrMissing
	}
	return []byte(found.value), nil
}

func ExampleStore() {
	var store cache.Store = &table{rows: map[string]row{}}
	ctx := context.Background()
	const key = "kest.claim.0192d5a4-7c1e-7b6e-8f1d-3c5a9b2e4f60"
	fmt.Println(store.Put(ctx, key, []byte(`["…"]`), 300*time.Second))
	passport, err := store.Get(ctx, key)
	fmt.Println(string(passport), err)
	fmt.Println(errors.Is(store.Put(ctx, key, []byte("another"), time.Second), cache.ErrExists))
	fmt.Println(store.Put(ctx, "a key", nil, time.Second))
	// Output:
	// <nil>
	// ["…"] <nil>
	// true
	// cache: not a key, value or time to live: byte 1 of the key is 0x20: it must be printable ASCII without spaces
}
