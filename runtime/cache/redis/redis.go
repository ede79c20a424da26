// Package redis is a cache for claim checks on a Redis or Valkey server, which
// the services that call each other share.
//
//	client := goredis.NewClient(&goredis.Options{
//		Addr:                  "cache.internal:6379",
//		TLSConfig:             &tls.Config{},
//		ContextTimeoutEnabled: true,
//	})
//	store, err := redis.New(client, redis.Config{})
//
// The client is the caller's own: of go-redis version 9, with its TLS, its user
// and password, and its pool; for one server, for a cluster, for servers behind
// Sentinel, or a ring. It must have ContextTimeoutEnabled, without which go-redis
// waits longer than it is told. Its owner closes it.
//
// Beside what go-redis sends to connect, a user of the server needs the commands
// SET and GETRANGE on keys that begin with the prefix and "kest.claim.".
package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/internal/deadline"
)

// DefaultTimeout is that of Config.
const DefaultTimeout = time.Second

// maxPrefixSize leaves room for the key of a claim check, of 47 bytes.
const maxPrefixSize = 128

// Config says how to use a client.
type Config struct {
	// Timeout bounds one Put or Get, with the wait for a connection and the
	// client's own retries. 0 is DefaultTimeout.
	Timeout time.Duration
	// Prefix stands before every key on the server, for a server that others use,
	// too: at most 128 bytes of printable ASCII without spaces. All services that
	// share the cache need the same one.
	Prefix string
}

// Store is a cache on a server. It is immutable and safe for concurrent use. It
// implements [cache.Store].
type Store struct {
	client  goredis.UniversalClient
	timeout time.Duration
	prefix  string
}

var _ cache.Store = (*Store)(nil)

// New checks the configuration and the client. It does not ask the server, which
// may start later than this program. A client that is not one of go-redis's own
// types must mind the deadline of a context by itself. Errors match
// [kest.ErrConfig].
func New(client goredis.UniversalClient, config Config) (*Store, error) {
	problems := []error{checkClient(client)}
	switch {
	case config.Timeout < 0:
		problems = append(problems, fmt.Errorf("the time-out %s is negative: give a positive one, or 0 for %s", config.Timeout, DefaultTimeout))
	case config.Timeout == 0:
		config.Timeout = DefaultTimeout
	}
	if len(config.Prefix) > maxPrefixSize {
		problems = append(problems, fmt.Errorf("the prefix has %d bytes: the limit is %d", len(config.Prefix), maxPrefixSize))
	} else if config.Prefix != "" {
		if err := cache.CheckKey(config.Prefix); err != nil {
			problems = append(problems, fmt.Errorf("the prefix: %w", err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%w: redis: %w", kest.ErrConfig, err)
	}
	return &Store{client: client, timeout: config.Timeout, prefix: config.Prefix}, nil
}

// checkClient looks at the options of the clients that go-redis has.
func checkClient(client goredis.UniversalClient) error {
	missing := errors.New("there is no client: make one with NewClient, NewClusterClient or NewFailoverClient of go-redis")
	respectsContext := true
	switch c := client.(type) {
	case nil:
		return missing
	case *goredis.Client:
		if c == nil {
			return missing
		}
		respectsContext = c.Options().ContextTimeoutEnabled
	case *goredis.ClusterClient:
		if c == nil {
			return missing
		}
		if c.Options().ReadOnly {
			return errors.New("the client reads from replicas (ReadOnly, RouteByLatency or RouteRandomly), which may not have a claim check yet that was just written: let it read from the masters")
		}
		respectsContext = c.Options().ContextTimeoutEnabled
	case *goredis.Ring:
		if c == nil {
			return missing
		}
		respectsContext = c.Options().ContextTimeoutEnabled
	}
	if !respectsContext {
		return errors.New("the client waits longer than it is told: set ContextTimeoutEnabled in its options")
	}
	return nil
}

// Put implements [cache.Store], by one SET with NX and PX: the server itself
// forgets the key. A value that was stored while the answer got lost is there
// until it expires; if the client then tries again, as go-redis does unless its
// MaxRetries is -1, that is [cache.ErrExists].
func (s *Store) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := s.usable(key); err != nil {
		return err
	}
	if err := cache.Check(key, value, ttl); err != nil {
		return err
	}
	// A copy, as string: the client may still be writing when the time is over.
	text, err := s.do(ctx, "set", s.prefix+key, string(value), "px", ttl.Milliseconds(), "nx")
	switch {
	case err == errNil:
		return cache.ErrExists
	case err != nil:
		return fmt.Errorf("redis: the value is not stored: %w", err)
	case text != "OK":
		return fmt.Errorf("redis: the value is not stored: %w", errNotRedis)
	}
	return nil
}

// Get implements [cache.Store]. It asks for one byte more than a value may have,
// so that the server does not send what somebody else put there at any size.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.usable(key); err != nil {
		return nil, err
	}
	value, err := s.do(ctx, "getrange", s.prefix+key, 0, cache.MaxValueSize)
	switch {
	case err != nil:
		return nil, fmt.Errorf("redis: the value cannot be had: %w", err)
	case value == "":
		// What GETRANGE gives for no key. No value is empty.
		return nil, cache.ErrMissing
	case len(value) > cache.MaxValueSize:
		return nil, fmt.Errorf("redis: the value has more than %d bytes: something else than a claim check is stored there", cache.MaxValueSize)
	}
	return []byte(value), nil
}

func (s *Store) usable(key string) error {
	if s == nil || s.client == nil {
		return errors.New("redis: there is no store: make it with New")
	}
	return cache.CheckKey(key)
}

// do sends one command and waits for its answer until the time is over. errNil is
// the answer nil, and other errors say what went wrong.
//
// go-redis minds the deadline of a context, but not that it is canceled; so the
// wait is here, and the command ends by itself at the deadline.
func (s *Store) do(ctx context.Context, command ...any) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, deadline.Exceeded("the server", s.timeout))
	if ctx.Err() != nil {
		cancel()
		return "", context.Cause(ctx)
	}
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		defer func() {
			// go-redis makes room for as much as an answer says it has. A length
			// that no memory has must not end this program.
			if recover() != nil {
				answered <- answer{"", errNotRedis}
			}
		}()
		text, err := s.client.Do(ctx, command...).Text()
		answered <- answer{text, err}
	}()
	defer cancel()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-answered:
		switch a.err {
		case nil:
			return a.text, nil
		case goredis.Nil:
			// Not errors.Is: of a master that Sentinel does not know, go-redis wraps
			// a Nil, and that says nothing about the key.
			return "", errNil
		}
		if deadline, _ := ctx.Deadline(); !time.Now().Before(deadline) {
			// The connection's deadline is the context's, and can be first.
			<-ctx.Done()
		}
		if ctx.Err() != nil {
			// What ended the wait says more than what it ended in.
			return "", context.Cause(ctx)
		}
		return "", explain(a.err)
	}
}
