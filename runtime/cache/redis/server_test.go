package redis_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/redis"
)

const (
	// ttl is that of a claim check.
	ttl = 300 * time.Second
	// patient is a time-out for a server that answers, on a busy machine.
	patient = 30 * time.Second
	// limit is how long a command with a short time-out may take in a test: far
	// more than it needs, far less than one that waits for ever.
	limit = 20 * time.Second
)

// silent takes the lines of go-redis about connections that these tests break.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	goredis.SetLogger(silent{})
	log.SetOutput(io.Discard) // maintnotifications has no other way
	os.Exit(m.Run())
}

// startServer runs a Redis that keeps nothing on disk.
func startServer(t testing.TB, address string, arguments ...string) *testserver.Process {
	t.Helper()
	port := fmt.Sprint(testserver.Port(t, address))
	return testserver.Start(t, address, testserver.Find(t, "redis-server"),
		append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"}, arguments...)...)
}

// options are those of a client that tries once: these tests count on what
// becomes of one command.
func options(address string) *goredis.Options {
	return &goredis.Options{
		Addr:                     address,
		ContextTimeoutEnabled:    true,
		MaxRetries:               -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

func newClient(t testing.TB, options *goredis.Options) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func newStore(t testing.TB, client goredis.UniversalClient, config redis.Config) *redis.Store {
	t.Helper()
	if config.Timeout == 0 {
		config.Timeout = patient
	}
	store, err := redis.New(client, config)
	check(t, err)
	return store
}

// eventually asks until the answer is yes.
func eventually(t testing.TB) func(what string, done func() bool) {
	return func(what string, done func() bool) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(time.Minute); !done(); <-tick.C {
			if time.Now().After(deadline) {
				t.Fatalf("not within a minute: %s", what)
			}
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checkNoAnswer: an error, with these words, that is none of the definite ones.
func checkNoAnswer(t testing.TB, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, definite := range []error{cache.ErrMissing, cache.ErrExists, cache.ErrInvalid} {
		if errors.Is(err, definite) {
			t.Errorf("%v matches %v", err, definite)
		}
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error lacks %q: %v", text, err)
		}
	}
	for _, secret := range []string{"hunter2", "s3cret"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error holds the value or password: %v", err)
		}
	}
}
