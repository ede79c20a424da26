package redis_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/internal/storetest"
	"github.com/kestgo/kest/runtime/cache/redis"
)

// slots is how many of them a cluster has.
const slots = 16384

// startCluster runs three masters, each with a third of the slots.
func startCluster(t *testing.T) (addresses []string, nodes []*testserver.Process) {
	t.Helper()
	const size = 3
	var clients [size]*goredis.Client
	var buses [size]int
	for i := range size {
		address := testserver.Address(t)
		// The bus has the port plus 10000 by default, which may be none.
		buses[i] = testserver.Port(t, testserver.Address(t))
		nodes = append(nodes, startServer(t, address, "--cluster-enabled", "yes", "--cluster-port", fmt.Sprint(buses[i])))
		addresses = append(addresses, address)
		clients[i] = newClient(t, options(address))
		check(t, clients[i].ClusterAddSlotsRange(t.Context(), i*slots/size, (i+1)*slots/size-1).Err())
	}
	for i, client := range clients {
		next := (i + 1) % size
		check(t, client.Do(t.Context(), "cluster", "meet", "127.0.0.1", testserver.Port(t, addresses[next]), buses[next]).Err())
	}
	for i, client := range clients {
		eventually(t)(fmt.Sprintf("node %d knows all slots", i), func() bool {
			info, err := client.ClusterInfo(t.Context()).Result()
			check(t, err)
			return strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d\r\n", slots)) && strings.Contains(info, "cluster_state:ok\r\n")
		})
	}
	return addresses, nodes
}

func TestCluster(t *testing.T) {
	addresses, nodes := startCluster(t)
	client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: addresses[:1], ContextTimeoutEnabled: true, MaxRedirects: 1, DialerRetries: 1})
	t.Cleanup(func() { client.Close() })
	store := newStore(t, client, redis.Config{})
	storetest.Run(t, store, eventually(t))

	spread := 0
	for _, address := range addresses {
		n, err := newClient(t, options(address)).DBSize(t.Context()).Result()
		check(t, err)
		if n > 0 {
			spread++
		}
	}
	if spread != len(addresses) {
		t.Errorf("keys on %d nodes of %d", spread, len(addresses))
	}

	t.Run("a user with what the documentation asks for", func(t *testing.T) {
		for _, address := range addresses {
			check(t, newClient(t, options(address)).Do(t.Context(), "acl", "setuser", "kest", "on", ">s3cret", "~kest.claim.*",
				"+set", "+getrange", "+cluster|slots", "+cluster|shards", "+command").Err())
		}
		client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: addresses, Username: "kest", Password: "s3cret", ContextTimeoutEnabled: true})
		t.Cleanup(func() { client.Close() })
		roundTrip(t, newStore(t, client, redis.Config{}))
	})

	t.Run("a client for one server", func(t *testing.T) {
		alone := newStore(t, newClient(t, options(addresses[0])), redis.Config{})
		moved := 0
		for i := range 30 {
			if err := alone.Put(t.Context(), fmt.Sprint("alone-", i), []byte("hunter2"), ttl); err != nil {
				checkNoAnswer(t, err, "MOVED", "NewClusterClient")
				moved++
			}
		}
		if moved == 0 {
			t.Error("one node took the keys of all")
		}
	})

	// With one node gone, no key may look as if it were not there.
	nodes[2].Kill()
	failed := 0
	for i := range 30 {
		_, err := store.Get(t.Context(), fmt.Sprint("at-once-", i%25))
		if errors.Is(err, cache.ErrMissing) {
			t.Errorf("at-once-%d is said to be missing", i%25)
		}
		if err != nil {
			checkNoAnswer(t, err)
			failed++
		}
	}
	if failed == 0 {
		t.Error("no key was on the node that is gone")
	}
}

func TestSentinel(t *testing.T) {
	master, sentinel := testserver.Address(t), testserver.Address(t)
	server := startServer(t, master)
	file := filepath.Join(t.TempDir(), "sentinel.conf") // Sentinel writes to it
	check(t, os.WriteFile(file, fmt.Appendf(nil, "bind 127.0.0.1\nport %d\nsentinel monitor claims 127.0.0.1 %d 1\n",
		testserver.Port(t, sentinel), testserver.Port(t, master)), 0o600))
	watcher := testserver.Start(t, sentinel, testserver.Find(t, "redis-server"), file, "--sentinel")

	newFailover := func(name string) *goredis.Client {
		client := goredis.NewFailoverClient(&goredis.FailoverOptions{
			MasterName: name, SentinelAddrs: []string{sentinel}, ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		})
		t.Cleanup(func() { client.Close() })
		return client
	}
	store := newStore(t, newFailover("claims"), redis.Config{})
	storetest.Run(t, store, eventually(t))

	t.Run("a master that Sentinel does not know", func(t *testing.T) {
		both(t, newStore(t, newFailover("other"), redis.Config{}), "MasterName")
	})
	server.Kill()
	both(t, store)
	watcher.Kill()
	both(t, newStore(t, newFailover("claims"), redis.Config{}))
}

func TestRing(t *testing.T) {
	shards := map[string]string{"a": testserver.Address(t), "b": testserver.Address(t)}
	for _, address := range shards {
		startServer(t, address)
	}
	ring := goredis.NewRing(&goredis.RingOptions{Addrs: shards, ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { ring.Close() })
	storetest.Run(t, newStore(t, ring, redis.Config{}), eventually(t))
}
