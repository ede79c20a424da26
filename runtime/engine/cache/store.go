package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// store holds decisions, and the flights that will bring some. A cache and its
// snapshots share one.
type store struct {
	ttl       time.Duration
	snapshots atomic.Uint64 // views that were made

	// generation changes under mu only, so that nothing from before a change is
	// kept after it.
	generation atomic.Uint64

	mu        sync.Mutex
	decisions *simplelru.LRU[key, decision]
	flights   map[key]*flight
}

// decision is what an engine said.
type decision struct {
	allowed bool
	expires time.Time // with the monotonic clock: to set the clock back changes nothing
}

func newStore(config Config) *store {
	decisions, err := simplelru.NewLRU[key, decision](config.MaxEntries, nil)
	if err != nil {
		panic(err) // only for a size that New has refused
	}
	return &store{ttl: config.TTL, decisions: decisions, flights: make(map[key]*flight)}
}

// answer gives what is kept, else waits for the flight that brings it.
func (s *store) answer(ctx context.Context, q *question) (bool, error) {
	s.mu.Lock()
	if allowed, ok := s.kept(q.key); ok {
		s.mu.Unlock()
		return allowed, nil
	}
	f := s.flights[q.key]
	if f == nil {
		f = s.take(ctx, q)
		s.flights[q.key] = f
		go f.fly(s)
	}
	f.waiting++
	s.mu.Unlock()

	select {
	case <-f.landed:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		s.leave(f)
		return false, ended(ctx, q.policy)
	}
	return f.allowed, f.err
}

// kept finds a decision that is still good. The caller holds mu.
func (s *store) kept(k key) (allowed, ok bool) {
	d, ok := s.decisions.Get(k)
	if ok && !time.Now().Before(d.expires) {
		s.decisions.Remove(k)
		ok = false
	}
	return d.allowed, ok
}

// keep takes what a flight brought, unless the cache was invalidated since its
// question was asked. The caller holds mu.
func (s *store) keep(k key, d decision) {
	if k.generation == s.generation.Load() && time.Now().Before(d.expires) {
		s.decisions.Add(k, d)
	}
}

func (s *store) invalidate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation.Add(1)
	s.decisions.Purge()
}
