package redis_test

import (
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache/redis"
)

// sent is how many bytes the server has written to its clients.
func sent(t testing.TB, client *goredis.Client) int {
	t.Helper()
	info, err := client.Info(t.Context(), "stats").Result()
	check(t, err)
	_, rest, found := strings.Cut(info, "total_net_output_bytes:")
	number, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.Atoi(number)
	if !found || err != nil {
		t.Fatalf("no total_net_output_bytes in %s", info)
	}
	return n
}

// TestServerThatRefuses has real servers that say no, each with its own words.
func TestServerThatRefuses(t *testing.T) {
	// A command that is not known is quoted in the answer, with its arguments.
	noCommands := []string{"--rename-command", "SET", "", "--rename-command", "GETRANGE", ""}
	tests := map[string]struct {
		server   []string
		change   func(*goredis.Options)
		put, get []string // words of the errors; nil for none
	}{
		"no password": {
			server: []string{"--requirepass", "s3cret"},
			put:    []string{"NOAUTH", "password"}, get: []string{"NOAUTH", "password"},
		},
		"wrong password": {
			server: []string{"--requirepass", "s3cret"},
			change: func(o *goredis.Options) { o.Password = "hunter2" },
			put:    []string{"WRONGPASS", "password"}, get: []string{"WRONGPASS", "password"},
		},
		"right password": {
			server: []string{"--requirepass", "s3cret"},
			change: func(o *goredis.Options) { o.Password = "s3cret" },
		},
		"user who may only read": {
			server: []string{"--user", "reader", "on", ">s3cret", "~*", "+getrange"},
			change: func(o *goredis.Options) { o.Username, o.Password = "reader", "s3cret" },
			put:    []string{"NOPERM", "allow the user SET"},
		},
		"user with what the documentation asks for": {
			server: []string{"--user", "kest", "on", ">s3cret", "~kest.claim.*", "+set", "+getrange"},
			change: func(o *goredis.Options) { o.Username, o.Password = "kest", "s3cret" },
		},
		"full": {
			server: []string{"--maxmemory", "1", "--maxmemory-policy", "noeviction"},
			put:    []string{"OOM", "maxmemory"},
		},
		"without the commands": {
			server: noCommands,
			put:    []string{"answered ERR", "see its log"}, get: []string{"answered ERR", "see its log"},
		},
		"replica": {
			server: []string{"--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "yes"},
			put:    []string{"READONLY", "replica"},
		},
		"node of a cluster without slots": {
			server: []string{"--cluster-enabled", "yes", "--cluster-port", "", "--cluster-require-full-coverage", "no"},
			put:    []string{"CLUSTERDOWN", "cluster"}, get: []string{"CLUSTERDOWN", "cluster"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			address := testserver.Address(t)
			for i, argument := range tt.server {
				if argument == "--cluster-port" {
					tt.server[i+1] = strconv.Itoa(testserver.Port(t, testserver.Address(t)))
				}
			}
			startServer(t, address, tt.server...)
			config := options(address)
			if tt.change != nil {
				tt.change(config)
			}
			store := newStore(t, newClient(t, config), redis.Config{})
			err := store.Put(t.Context(), "kest.claim.refused", []byte("hunter2"), ttl)
			if tt.put != nil {
				checkNoAnswer(t, err, append(tt.put, "not stored")...)
			} else if err != nil {
				t.Errorf("Put: %v", err)
			}
			value, err := store.Get(t.Context(), "kest.claim.refused")
			switch {
			case tt.get != nil:
				checkNoAnswer(t, err, append(tt.get, "cannot be had")...)
			case tt.put == nil && (err != nil || string(value) != "hunter2"):
				t.Errorf("Get: got %q, %v", value, err)
			}
		})
	}
}
