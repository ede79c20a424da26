package redis_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/redis"
)

// both has a Put and a Get that the cache must not answer.
func both(t *testing.T, store *redis.Store, want ...string) {
	t.Helper()
	start := time.Now()
	err := store.Put(t.Context(), "kest.claim.down", []byte("hunter2"), ttl)
	checkNoAnswer(t, err, append(want, "not stored")...)
	value, err := store.Get(t.Context(), "kest.claim.down")
	checkNoAnswer(t, err, append(want, "cannot be had")...)
	if value != nil {
		t.Errorf("a value together with %v", err)
	}
	if took := time.Since(start); took > 2*limit {
		t.Errorf("took %s", took)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	config := options(testserver.Address(t))
	config.DialerRetries = 1
	both(t, newStore(t, newClient(t, config), redis.Config{}), "cannot be reached", "refused")
}

func TestClosedClient(t *testing.T) {
	client := newClient(t, options(testserver.Address(t)))
	check(t, client.Close())
	both(t, newStore(t, client, redis.Config{}), "cannot be reached", "closed")
}

// TestServerThatIsKilled: what was stored is lost with it, and is missing only
// once a server says so.
func TestServerThatIsKilled(t *testing.T) {
	address := testserver.Address(t)
	server := startServer(t, address)
	config := options(address)
	config.DialerRetries = 1
	store := newStore(t, newClient(t, config), redis.Config{})
	roundTrip(t, store)
	server.Kill()
	both(t, store)
	both(t, store, "cannot be reached", "refused")

	startServer(t, address)
	eventually(t)("the server is found again", func() bool {
		_, err := store.Get(t.Context(), "kest.claim.round-trip")
		return errors.Is(err, cache.ErrMissing)
	})
	roundTrip(t, store)
}

func TestServerThatIsStopped(t *testing.T) {
	address := testserver.Address(t)
	server := startServer(t, address)
	client := newClient(t, options(address))
	roundTrip(t, newStore(t, client, redis.Config{}))
	check(t, server.Signal(syscall.SIGSTOP))
	both(t, newStore(t, client, redis.Config{Timeout: 50 * time.Millisecond}), "no answer from the server within 50ms")

	t.Run("matches DeadlineExceeded", func(t *testing.T) {
		_, err := newStore(t, client, redis.Config{Timeout: time.Millisecond}).Get(t.Context(), "k")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("the caller's deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := newStore(t, client, redis.Config{}).Get(ctx, "k")
		checkNoAnswer(t, err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		store := newStore(t, client, redis.Config{Timeout: 50 * time.Millisecond})
		var running sync.WaitGroup
		for range 50 {
			running.Go(func() {
				_, err := store.Get(t.Context(), "k")
				checkNoAnswer(t, err)
			})
		}
		running.Wait()
	})

	check(t, server.Signal(syscall.SIGCONT))
	value, err := newStore(t, client, redis.Config{}).Get(t.Context(), "kest.claim.round-trip")
	if err != nil || string(value) != "passport" {
		t.Errorf("got %q, %v after the server went on", value, err)
	}
}

// TestCanceledContext: the caller does not wait for a server once it has gone,
// however long the time-out is.
func TestCanceledContext(t *testing.T) {
	reached := make(chan struct{})
	address := startFault(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		close(reached)
		_, _ = io.Copy(io.Discard, c)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("client went away")
	go func() {
		<-reached
		cancel(reason)
	}()
	start := time.Now()
	_, err := newStore(t, newClient(t, options(address)), redis.Config{Timeout: time.Hour}).Get(ctx, "k")
	checkNoAnswer(t, err)
	if !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if took := time.Since(start); took > limit {
		t.Errorf("took %s", took)
	}
}

// TestAnswersThatAreNotRedis are of doubles: no server that works does it.
func TestAnswersThatAreNotRedis(t *testing.T) {
	tests := map[string]struct{ answer, want string }{
		"hangs up":               {"", "cannot be reached"},
		"stops in the value":     {"$100\r\nhunter2", "cannot be reached"},
		"another protocol":       {"HTTP/1.1 400 hunter2\r\n\r\n", "Redis or Valkey"},
		"nil":                    {"$-1\r\n", "nil"},
		"a number":               {":1\r\n", "Redis or Valkey"},
		"an array":               {"*1\r\n$7\r\nhunter2\r\n", "Redis or Valkey"},
		"a length below zero":    {"$-7\r\nhunter2\r\n", "Redis or Valkey"},
		"a length of no memory":  {"$9223372036854775805\r\nhunter2\r\n", "Redis or Valkey"},
		"a length that is none":  {"$hunter2\r\n", "Redis or Valkey"},
		"an error without code":  {"-hunter2 hunter2\r\n", "answered an error"},
		"an error in small":      {"-err hunter2\r\n", "answered an error"},
		"an error without words": {"-\r\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			address := startFault(t, answerTo("getrange", tt.answer))
			config := options(address)
			config.DisableIdentity = true
			_, err := newStore(t, newClient(t, config), redis.Config{}).Get(t.Context(), "k")
			checkNoAnswer(t, err, tt.want)
		})
	}
}

// answerTo answers one command and hangs up. It refuses the introduction of the
// client, as servers before HELLO do.
func answerTo(command, answer string) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		for lines := bufio.NewScanner(c); lines.Scan(); {
			switch lines.Text() {
			case "hello", "client":
				_, _ = io.WriteString(c, "-ERR unknown command\r\n")
			case command:
				_, _ = io.WriteString(c, answer)
				return
			}
		}
	}
}

// TestPutWithoutAnOK: only that says that the value is stored.
func TestPutWithoutAnOK(t *testing.T) {
	for _, answer := range []string{"+QUEUED\r\n", "+ok\r\n", "+\r\n", "$0\r\n\r\n", ":1\r\n", "#t\r\n", "$7\r\nhunter2\r\n"} {
		address := startFault(t, answerTo("set", answer))
		config := options(address)
		config.DisableIdentity = true
		err := newStore(t, newClient(t, config), redis.Config{}).Put(t.Context(), "k", []byte("v"), ttl)
		checkNoAnswer(t, err, "not stored")
	}
}

// TestPutIsTriedAgain: the server stored the value and its answer got lost. The
// client of go-redis tries again by default, and the error is one: nothing is sent
// with a claim check about which nobody is sure.
func TestPutIsTriedAgain(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	config := options(address)
	config.MaxRetries = 1
	lost := false
	config.Dialer = func(ctx context.Context, network, at string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, at)
		if err != nil || lost {
			return conn, err
		}
		lost = true
		return &losing{Conn: conn}, nil
	}
	client := newClient(t, config)
	err := newStore(t, client, redis.Config{}).Put(t.Context(), "kest.claim.lost", []byte("v"), ttl)
	if !errors.Is(err, cache.ErrExists) || !lost {
		t.Errorf("got %v", err)
	}
	if left := client.PTTL(t.Context(), "kest.claim.lost").Val(); left <= 0 {
		t.Errorf("what is stored does not expire: %s", left)
	}
}

// losing is a connection that breaks before the answer to a SET.
type losing struct {
	net.Conn
	set bool
}

func (l *losing) Write(b []byte) (int, error) {
	for i := range len(b) - 4 {
		l.set = l.set || string(b[i:i+5]) == "\nset\r"
	}
	return l.Conn.Write(b)
}

func (l *losing) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if l.set {
		l.Close()
		return 0, io.EOF
	}
	return n, err
}

// startFault gives every connection to behave and keeps it open until the test
// ends.
func startFault(t *testing.T, behave func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var mu sync.Mutex
	var open []net.Conn
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			running.Go(func() { behave(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return listener.Addr().String()
}
