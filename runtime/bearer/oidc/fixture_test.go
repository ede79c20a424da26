package oidc_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

const audience = "https://ledger.example"

// limit is how long a call may take that must not wait for ever.
const limit = 30 * time.Second

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

// issuer is a provider made by hand, for what a real one does not do: it serves
// what it has, and signs what it is given.
type issuer struct {
	url    string
	client *http.Client
	clock  *clock

	mu        sync.Mutex
	status    int
	keys      string            // the JWK Set
	discovery string            // "" is the right one
	headers   map[string]string // of every answer
	asked     int               // how often for keys
	hold      chan struct{}     // answers wait for it, if it is not nil
	meanwhile func()            // what happens before it answers
}

func newIssuer(t testing.TB, keys ...jose.JSONWebKey) *issuer {
	t.Helper()
	i := &issuer{clock: newClock(), status: http.StatusOK}
	i.publish(t, keys...)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url, i.client = server.URL, server.Client()
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	status, body, headers, hold, meanwhile := i.status, i.discovery, i.headers, i.hold, i.meanwhile
	if r.URL.Path == "/keys" {
		i.asked++
		body = i.keys
	} else if body == "" {
		body = `{"issuer":"` + i.url + `","jwks_uri":"` + i.url + `/keys"}`
	}
	i.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// set changes something between requests.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) publish(t testing.TB, keys ...jose.JSONWebKey) {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	check(t, err)
	i.set(func() { i.keys = string(text) })
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// authenticator fills in what most tests have.
func (i *issuer) authenticator(t testing.TB, config oidc.Config) *oidc.Authenticator {
	t.Helper()
	config.Issuer = i.url
	config.Client = i.client
	if config.Audiences == nil {
		config.Audiences = []string{audience}
	}
	if config.Timeout == 0 {
		config.Timeout = limit
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	a, err := oidc.NewAt(t.Context(), config, i.clock.now)
	check(t, err)
	return a
}

// claims are those of a valid token, with changes. nil takes a claim away.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := i.clock.now().Unix()
	all := map[string]any{
		"iss": i.url, "sub": "alice", "aud": audience, "exp": now + 300, "iat": now, "nbf": now,
		"client_id": "gateway", "scope": "read write", "jti": "1",
	}
	maps.Copy(all, changes)
	for name, value := range all {
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

// checkPrincipal wants a valid token with this user, agent and task.
func checkPrincipal(t testing.TB, a bearer.Authenticator, token, user, agent, task string) {
	t.Helper()
	ctx, err := a.Authenticate(t.Context(), token)
	if err != nil {
		t.Error(err)
		return
	}
	if kest.User(ctx) != user || kest.Agent(ctx) != agent || kest.Task(ctx) != task || kest.Token(ctx) != token {
		t.Errorf("got user %q, agent %q, task %q; want %q, %q, %q", kest.User(ctx), kest.Agent(ctx), kest.Task(ctx), user, agent, task)
	}
}

// checkRefused wants an error of one kind, with these words and without a word of
// the token.
func checkRefused(t testing.TB, a bearer.Authenticator, token string, match error, want string) {
	t.Helper()
	ctx, err := a.Authenticate(t.Context(), token)
	if ctx != nil {
		t.Errorf("got a context beside %v", err)
	}
	other := bearer.ErrUnavailable
	if match == other {
		other = bearer.ErrInvalidToken
	}
	if !errors.Is(err, match) || errors.Is(err, other) {
		t.Errorf("got %v, want an error that matches %v alone", err, match)
		return
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error lacks %q: %v", want, err)
	}
	secrets := strings.Split(token, ".")
	if len(secrets) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(secrets[1])
		var values map[string]any
		if json.Unmarshal(payload, &values) == nil {
			for _, value := range values {
				if text, ok := value.(string); ok && !strings.HasPrefix(text, "http") {
					secrets = append(secrets, text)
				}
			}
		}
	}
	for _, secret := range append(secrets, token) {
		if len(secret) > 6 && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q of the token: %v", secret, err)
		}
	}
}

// logger keeps what is logged.
func logger() (*slog.Logger, *lines) {
	l := new(lines)
	return slog.New(slog.NewTextHandler(l, nil)), l
}

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func canceled(t testing.TB) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errGone)
	return ctx
}

var errGone = errors.New("the client has gone")

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
