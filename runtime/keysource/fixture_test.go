package keysource_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/keysource"
)

const (
	payments = "spiffe://example.org/payments"
	orders   = "spiffe://example.org/orders"
)

// limit is how long a call may take that must not wait for ever.
const limit = 20 * time.Second

// key is the workload's key number n.
func key(workload string, n byte) kest.Key {
	seed := bytes.Repeat([]byte{n}, ed25519.SeedSize)
	return kest.Key{Subject: workload, Public: ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)}
}

// jwks is a key set as JSON.
func jwks(t testing.TB, keys ...kest.Key) string {
	t.Helper()
	set, err := kest.NewKeySet(keys...)
	check(t, err)
	data, err := json.Marshal(set)
	check(t, err)
	return string(data)
}

// clock goes on when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// publisher serves what it has, and counts.
type publisher struct {
	mu      sync.Mutex
	asked   int
	answer  string
	status  int
	headers map[string]string
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	for name, value := range p.headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(p.status)
	_, _ = w.Write([]byte(p.answer))
}

// publish sets the answer from now on.
func (p *publisher) publish(status int, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.answer = status, answer
}

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// start serves over TLS; client knows the server's certificate.
func start(t testing.TB, handler http.Handler) (url string, client *http.Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL + "/.well-known/kest-keys", server.Client()
}

// newURL fills in what most tests have.
func newURL(t testing.TB, c *clock, config keysource.URLConfig) *keysource.URL {
	t.Helper()
	if config.Subjects == nil && !config.AnySubject {
		config.Subjects = []string{payments}
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Timeout == 0 {
		config.Timeout = limit
	}
	source, err := keysource.NewURLAt(config, c.now)
	check(t, err)
	return source
}

// checkKeys wants these keys of the workload, by number.
func checkKeys(t testing.TB, source kest.KeySource, workload, kid string, numbers ...byte) {
	t.Helper()
	found, err := source.Keys(t.Context(), workload, kid)
	if err != nil {
		t.Errorf("%s: %v", workload, err)
		return
	}
	var got, want []string
	for _, k := range found {
		if k.Subject != workload {
			t.Errorf("%s: got a key of %s", workload, k.Subject)
		}
		got = append(got, k.ID())
	}
	for _, n := range numbers {
		want = append(want, key(workload, n).ID())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: got the keys %q, want %q", workload, got, want)
	}
}

// checkUnavailable wants an error with these words and no key.
func checkUnavailable(t testing.TB, source kest.KeySource, kid string, want ...string) {
	t.Helper()
	found, err := source.Keys(t.Context(), payments, kid)
	if len(found) != 0 {
		t.Errorf("got %d keys", len(found))
	}
	checkError(t, err, keysource.ErrUnavailable, want...)
	if errors.Is(err, kest.ErrConfig) {
		t.Errorf("at run time, an error of configuration: %v", err)
	}
}

func checkError(t testing.TB, err, match error, want ...string) {
	t.Helper()
	if !errors.Is(err, match) {
		t.Errorf("got %v, want an error that matches %v", err, match)
		return
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error lacks %q: %v", text, err)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
