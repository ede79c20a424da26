// Package memory is a cache for claim checks in the memory of one process: for
// tests, and for a program that calls itself.
//
//	store, err := memory.New(memory.Config{})
//
// Services that call each other across processes need one that they share, such
// as package redis.
//
// The store is bounded in values and in bytes. It drops nothing that has not
// expired: a claim check that was dropped early fails at the receiver, minutes
// later and far from the cause. A store that is full refuses the next value, so
// that it is the sender's call that fails, and says why.
package memory

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
)

// Defaults of Config.
const (
	DefaultMaxEntries = 10_000
	DefaultMaxBytes   = 64 << 20
)

// ErrFull: there is no room for the value until another expires.
var ErrFull = errors.New("memory: the cache is full")

// Config bounds a Store.
type Config struct {
	// MaxEntries is how many values it holds at once. 0 is DefaultMaxEntries.
	MaxEntries int
	// MaxBytes is how many bytes its keys and values have together, at least
	// cache.MaxKeySize and cache.MaxValueSize. 0 is DefaultMaxBytes.
	MaxBytes int
}

// Store is a bounded cache. It starts no goroutine: what has expired is never
// given, and its memory is freed by the next Put. It implements [cache.Store].
type Store struct {
	maxEntries, maxBytes int

	mu      sync.Mutex
	entries map[string]*entry
	expiry  byExpiry // the same entries
	bytes   int      // of all keys and values
}

var _ cache.Store = (*Store)(nil)

type entry struct {
	key     string
	value   []byte
	expires time.Time // with a monotonic reading: a clock that is set changes nothing
}

func (e *entry) size() int { return len(e.key) + len(e.value) }

// New makes an empty store. Errors match [kest.ErrConfig].
func New(config Config) (*Store, error) {
	if config.MaxEntries == 0 {
		config.MaxEntries = DefaultMaxEntries
	}
	if config.MaxBytes == 0 {
		config.MaxBytes = DefaultMaxBytes
	}
	const least = cache.MaxKeySize + cache.MaxValueSize
	var problems []error
	if config.MaxEntries < 0 {
		problems = append(problems, fmt.Errorf("MaxEntries is %d: give a positive number, or 0 for %d", config.MaxEntries, DefaultMaxEntries))
	}
	if config.MaxBytes < least {
		problems = append(problems, fmt.Errorf("MaxBytes is %d: give %d or more, the size of one value and key, or 0 for %d", config.MaxBytes, least, DefaultMaxBytes))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%w: memory: %w", kest.ErrConfig, err)
	}
	return &Store{maxEntries: config.MaxEntries, maxBytes: config.MaxBytes, entries: make(map[string]*entry)}, nil
}

// Put implements [cache.Store]. It copies the value. ErrFull says that there is
// no room for it.
func (s *Store) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := cache.Check(key, value, ttl); err != nil {
		return err
	}
	added := &entry{key: key, value: bytes.Clone(value)}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.dropExpired(now)
	switch {
	case s.entries[key] != nil:
		return cache.ErrExists
	case len(s.entries) >= s.maxEntries:
		return fmt.Errorf("%w: it holds %d values, none of which has expired: raise MaxEntries", ErrFull, len(s.entries))
	case s.bytes+added.size() > s.maxBytes:
		return fmt.Errorf("%w: it holds %d bytes, none of which has expired, and %d more are beyond %d: raise MaxBytes", ErrFull, s.bytes, added.size(), s.maxBytes)
	}
	added.expires = now.Add(ttl)
	s.entries[key] = added
	s.bytes += added.size()
	heap.Push(&s.expiry, added)
	return nil
}

// Get implements [cache.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if err := cache.CheckKey(key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	found := s.entries[key]
	s.mu.Unlock()
	// An entry does not change once it is there.
	if found == nil || !time.Now().Before(found.expires) {
		return nil, cache.ErrMissing
	}
	return bytes.Clone(found.value), nil
}

// usable is nil for a store that New made and a context that has not ended.
func (s *Store) usable(ctx context.Context) error {
	if s == nil || s.entries == nil {
		return errors.New("memory: there is no store: make it with New")
	}
	if ctx.Err() != nil {
		return fmt.Errorf("memory: %w", context.Cause(ctx))
	}
	return nil
}

func (s *Store) dropExpired(now time.Time) {
	for len(s.expiry) > 0 && !now.Before(s.expiry[0].expires) {
		gone := heap.Pop(&s.expiry).(*entry)
		delete(s.entries, gone.key)
		s.bytes -= gone.size()
	}
}

// byExpiry is a heap with the entry that expires first at its top.
type byExpiry []*entry

func (h byExpiry) Len() int           { return len(h) }
func (h byExpiry) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h byExpiry) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byExpiry) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *byExpiry) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil // or the array keeps the value alive
	*h = old[:len(old)-1]
	return last
}
