package kestpropagation_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

const (
	gateway = "spiffe://test/gateway"
	ledger  = "spiffe://test/ledger"
)

// service is a context of a process that signs as a workload.
func service(t testing.TB, workload string) context.Context {
	t.Helper()
	rt, err := kest.New(kest.Config{
		Engine:   kesttest.Allow(),
		Identity: kesttest.Identity(workload),
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return kest.NewContext(t.Context(), rt)
}

// verifier believes both services.
func verifier(t testing.TB) *kest.Verifier {
	t.Helper()
	keys, err := kest.NewKeySet(kesttest.Key(gateway), kesttest.Key(ledger))
	check(t, err)
	return &kest.Verifier{Keys: keys}
}

func newPropagator(t testing.TB, change func(*kestpropagation.Config)) *kestpropagation.Propagator {
	t.Helper()
	config := kestpropagation.Config{Verifier: verifier(t), CacheTimeout: 20 * time.Second, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config)
	}
	p, err := kestpropagation.New(config)
	check(t, err)
	return p
}

// inTrace starts a trace, the same for the same number.
func inTrace(ctx context.Context, number byte) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: number}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled,
	}))
}

// enter runs a hook and gives the context that its function gets.
func enter(t testing.TB, ctx context.Context, change ...func(*kest.HookConfig)) (inside context.Context) {
	t.Helper()
	config := kest.HookConfig{Operation: "operation", Policies: []string{"kest/allow"}, Source: "internal"}
	for _, c := range change {
		c(&config)
	}
	call, err := kest.MustHook(config).Begin(ctx)
	check(t, err)
	defer call.End(&err)
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	inside, err = call.Enter()
	check(t, err)
	call.Leave()
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

// headers are the carrier of HTTP.
func headers() propagation.HeaderCarrier { return propagation.HeaderCarrier(http.Header{}) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
