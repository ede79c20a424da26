package kestgrpc_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/cache/memory"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

const (
	gateway = "spiffe://test/gateway"
	ledger  = "spiffe://test/ledger"
)

// secret is in every token of these tests, and in no log.
const secret = "s3cret"

// logged is what the interceptors wrote in all tests.
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

// chain enters hooks, one in the other, and gives the innermost context.
func chain(t testing.TB, ctx context.Context, hops int) context.Context {
	t.Helper()
	for range hops {
		check(t, run(ctx, hook(), func(inside context.Context) { ctx = inside }))
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

// serve starts a server on loopback and gives its address.
func serve(t testing.TB, s *service, config kestgrpc.ServerConfig, options ...grpc.ServerOption) string {
	t.Helper()
	if config.Runtime == nil {
		config.Runtime = newRuntime(t, ledger, kesttest.Allow())
	}
	server := grpc.NewServer(append(options,
		grpc.ChainUnaryInterceptor(kestgrpc.UnaryServerInterceptor(config)),
		grpc.ChainStreamInterceptor(kestgrpc.StreamServerInterceptor(config)))...)
	testgrpc.RegisterTestServiceServer(server, s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		check(t, <-ended)
	})
	return listener.Addr().String()
}

// dial connects a client; a nil config is one without our interceptors.
func dial(t testing.TB, target string, config *kestgrpc.ClientConfig, options ...grpc.DialOption) testgrpc.TestServiceClient {
	t.Helper()
	if config != nil {
		options = append(options,
			grpc.WithChainUnaryInterceptor(kestgrpc.UnaryClientInterceptor(*config)),
			grpc.WithChainStreamInterceptor(kestgrpc.StreamClientInterceptor(*config)))
	}
	return testgrpc.NewTestServiceClient(connect(t, target, options...))
}

// connect is without TLS, unless an option says otherwise.
func connect(t testing.TB, target string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(target, append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options...)...)
	check(t, err)
	t.Cleanup(func() { check(t, connection.Close()) })
	return connection
}

// entries is the number of entries that a function knew.
func entries(t testing.TB, known string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(known, &n); err != nil {
		t.Fatalf("the function knew %q: %v", known, err)
	}
	return n
}

// wantStatus checks a status: its code, and that it says nothing more.
func wantStatus(t testing.TB, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
	for _, leaked := range []string{secret, "10.1.2.3", "kest/allow", gateway, ledger} {
		if strings.Contains(fmt.Sprint(err), leaked) {
			t.Errorf("the status says %q: %v", leaked, err)
		}
	}
}

// authenticator is a double: tokens that are "user" behind the secret.
type authenticator struct{ err error }

func (a authenticator) Authenticate(ctx context.Context, token string) (context.Context, error) {
	user, ok := strings.CutPrefix(token, secret+"/")
	switch {
	case a.err != nil:
		return nil, a.err
	case !ok:
		return nil, fmt.Errorf("%w: not one of this test", bearer.ErrInvalidToken)
	}
	ctx, err := kest.WithUser(ctx, user)
	if err != nil {
		return nil, err
	}
	return kest.WithToken(ctx, token), nil
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
