package kesthttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/cache/memory"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

const (
	gateway = "spiffe://test/gateway"
	ledger  = "spiffe://test/ledger"
)

// secret is in every token of these tests, and in no log.
const secret = "s3cret"

// logged is what WriteError wrote in all tests.
var logged lockedBuffer

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	code := m.Run()
	if strings.Contains(logged.String(), secret) {
		fmt.Println("a secret stands in the log:", logged.String())
		code = 1
	}
	os.Exit(code)
}

func newRuntime(t testing.TB, workload string, engine kest.Engine) *kest.Runtime {
	t.Helper()
	rt, err := kest.New(kest.Config{Engine: engine, Identity: kesttest.Identity(workload), Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	return rt
}

// gatewayContext is that of a call in the gateway, in a trace.
func gatewayContext(t testing.TB) context.Context {
	t.Helper()
	return inTrace(kest.NewContext(t.Context(), newRuntime(t, gateway, kesttest.Allow())), 1)
}

// inTrace starts a trace, the same for the same number.
func inTrace(ctx context.Context, number byte) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: number}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled,
	}))
}

func verifier(t testing.TB, workloads ...string) *kest.Verifier {
	t.Helper()
	var keys []kest.Key
	for _, workload := range workloads {
		keys = append(keys, kesttest.Key(workload))
	}
	set, err := kest.NewKeySet(keys...)
	check(t, err)
	return &kest.Verifier{Keys: set}
}

// newPropagator believes the gateway and the ledger.
func newPropagator(t testing.TB, change func(*kestpropagation.Config)) *kestpropagation.Propagator {
	t.Helper()
	config := kestpropagation.Config{Verifier: verifier(t, gateway, ledger), CacheTimeout: 20 * time.Second, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config)
	}
	p, err := kestpropagation.New(config)
	check(t, err)
	return p
}

// withCache is for propagators on both sides.
func withCache(t testing.TB) func(*kestpropagation.Config) {
	t.Helper()
	store, err := memory.New(memory.Config{})
	check(t, err)
	return func(c *kestpropagation.Config) { c.Cache = store }
}

func newTransport(t testing.TB, config kesthttp.TransportConfig) *kesthttp.Transport {
	t.Helper()
	transport, err := kesthttp.NewTransport(config)
	check(t, err)
	return transport
}

func hook(change ...func(*kest.HookConfig)) *kest.Hook {
	config := kest.HookConfig{Operation: "operation", Policies: []string{"kest/allow"}, Source: "internal"}
	for _, c := range change {
		c(&config)
	}
	return kest.MustHook(config)
}

// run goes through a hook as generated code does.
func run(ctx context.Context, h *kest.Hook, body func(context.Context)) (err error) {
	call, err := h.Begin(ctx)
	if err != nil {
		return err
	}
	defer call.End(&err)
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	ctx, err = call.Enter()
	if err != nil {
		return err
	}
	body(ctx)
	call.Leave()
	return nil
}

// enter runs a hook and gives the context that its function gets.
func enter(t testing.TB, ctx context.Context, change ...func(*kest.HookConfig)) (inside context.Context) {
	t.Helper()
	check(t, run(ctx, hook(change...), func(ctx context.Context) { inside = ctx }))
	return inside
}

// chain enters hooks, one in the other.
func chain(t testing.TB, ctx context.Context, hops int) context.Context {
	t.Helper()
	for range hops {
		ctx = enter(t, ctx)
	}
	return ctx
}

func lastEntry(t testing.TB, ctx context.Context) *kest.Entry {
	t.Helper()
	tokens := kest.PassportFromContext(ctx).Tokens()
	entry, err := kest.DecodeEntry(tokens[len(tokens)-1])
	check(t, err)
	return entry
}

func serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func do(t testing.TB, client *http.Client, ctx context.Context, url string, change ...func(*http.Request)) answer {
	t.Helper()
	response, err := try(ctx, client, url, change...)
	check(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	return answer{response, string(body)}
}

func try(ctx context.Context, client *http.Client, url string, change ...func(*http.Request)) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range change {
		c(request)
	}
	return client.Do(request)
}

// seen is what the service saw.
func (a answer) seen(t testing.TB) (s seen) {
	t.Helper()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	check(t, json.Unmarshal([]byte(a.body), &s))
	return s
}

// wantProblem checks that an answer is a problem document and nothing else.
func (a answer) wantProblem(t testing.TB, status int, kind string) kesthttp.Problem {
	t.Helper()
	var problem kesthttp.Problem
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&problem); err != nil || decoder.More() {
		t.Fatalf("status %d, no problem document (%v): %s", a.StatusCode, err, a.body)
	}
	if a.StatusCode != status || problem.Status != status || problem.Type != "urn:kest:problem:"+kind || problem.Title == "" {
		t.Errorf("status %d and %+v, want %d %s", a.StatusCode, problem, status, kind)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q", got)
	}
	if (a.Header.Get("WWW-Authenticate") != "") != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate: %q", a.Header.Get("WWW-Authenticate"))
	}
	return problem
}

// authenticator is a double: tokens that are what they say, "user/agent/task"
// behind the secret.
type authenticator struct{ err error }

func (a authenticator) Authenticate(ctx context.Context, token string) (context.Context, error) {
	if a.err != nil {
		return nil, a.err
	}
	text, ok := strings.CutPrefix(token, secret+"/")
	parts := strings.Split(text, "/")
	if !ok || len(parts) != 3 {
		return nil, fmt.Errorf("%w: not one of this test", bearer.ErrInvalidToken)
	}
	var err error
	for i, with := range []func(context.Context, string) (context.Context, error){kest.WithUser, kest.WithAgent, kest.WithTask} {
		if parts[i] == "" {
			continue // what a token does not say, an authenticator may leave as it is
		}
		if ctx, err = with(ctx, parts[i]); err != nil {
			return nil, err
		}
	}
	return kest.WithToken(ctx, token), nil
}

// withToken is a request with the token of a user.
func withToken(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
