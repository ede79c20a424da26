package redis_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/internal/storetest"
	"github.com/kestgo/kest/runtime/cache/redis"
)

func TestStore(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	for name, options := range map[string]*goredis.Options{
		"RESP3": {Addr: address, ContextTimeoutEnabled: true, MaxRetries: -1, DB: 1},
		"RESP2": {Addr: address, ContextTimeoutEnabled: true, MaxRetries: -1, DB: 2, Protocol: 2},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, newStore(t, newClient(t, options), redis.Config{}), eventually(t))
		})
	}
}

func TestUnixSocket(t *testing.T) {
	program := testserver.Find(t, "redis-server")
	socket := t.TempDir() + "/s"
	testserver.Start(t, "unix:"+socket, program, "--port", "0", "--unixsocket", socket, "--save", "")
	config := options(socket)
	config.Network = "unix"
	roundTrip(t, newStore(t, newClient(t, config), redis.Config{}))
}

func roundTrip(t testing.TB, store *redis.Store) {
	t.Helper()
	check(t, store.Put(t.Context(), "kest.claim.round-trip", []byte("passport"), ttl))
	value, err := store.Get(t.Context(), "kest.claim.round-trip")
	if err != nil || string(value) != "passport" {
		t.Errorf("got %q, %v", value, err)
	}
}

// TestWhatIsStored looks at the server with another client: the key is the
// protocol's, other SDKs find the value under it, and the server itself forgets it.
func TestWhatIsStored(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	client := newClient(t, options(address))
	for prefix, key := range map[string]string{"": "kest.claim.stored", "shop:": "shop:kest.claim.stored"} {
		store := newStore(t, client, redis.Config{Prefix: prefix})
		check(t, store.Put(t.Context(), "kest.claim.stored", []byte("passport of "+key), ttl))
		value, err := client.Get(t.Context(), key).Result()
		if err != nil || value != "passport of "+key {
			t.Errorf("%s: got %q, %v", key, value, err)
		}
		left, err := client.PTTL(t.Context(), key).Result()
		if err != nil || left <= ttl-time.Minute || left > ttl {
			t.Errorf("%s expires in %s, %v", key, left, err)
		}
	}
	if n, err := client.DBSize(t.Context()).Result(); err != nil || n != 2 {
		t.Errorf("%d keys, %v", n, err)
	}
}

// TestForeignValues are what somebody else put under a key of ours.
func TestForeignValues(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	client := newClient(t, options(address))
	store := newStore(t, client, redis.Config{})

	check(t, client.Set(t.Context(), "one-more", strings.Repeat("x", cache.MaxValueSize+1), 0).Err())
	_, err := store.Get(t.Context(), "one-more")
	checkNoAnswer(t, err, "more than 1048576 bytes")

	check(t, client.RPush(t.Context(), "list", "hunter2").Err())
	_, err = store.Get(t.Context(), "list")
	checkNoAnswer(t, err, "WRONGTYPE", "something else")
	if err := store.Put(t.Context(), "list", []byte("v"), ttl); !errors.Is(err, cache.ErrExists) {
		t.Errorf("Put over a list: %v", err)
	}

	check(t, client.Set(t.Context(), "empty", "", 0).Err())
	if _, err := store.Get(t.Context(), "empty"); !errors.Is(err, cache.ErrMissing) {
		t.Errorf("an empty value: %v", err)
	}
}

// TestLargeValueStaysOnTheServer: a value of 256 MiB costs the reader a bounded
// answer.
func TestLargeValueStaysOnTheServer(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	client := newClient(t, options(address))
	check(t, client.SetRange(t.Context(), "huge", 256<<20, "x").Err())
	before := sent(t, client)
	_, err := newStore(t, client, redis.Config{}).Get(t.Context(), "huge")
	checkNoAnswer(t, err, "more than 1048576 bytes")
	if n := sent(t, client) - before; n > 2*cache.MaxValueSize {
		t.Errorf("the server sent %d bytes", n)
	}
}
