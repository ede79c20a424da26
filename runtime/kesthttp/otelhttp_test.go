package kesthttp_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kesttest"
)

// tracing is a real tracer provider, and what it recorded.
func tracing(t *testing.T) (*sdktrace.TracerProvider, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	t.Cleanup(func() { check(t, provider.Shutdown(context.WithoutCancel(t.Context()))) })
	return provider, spans
}

// TestBesideOtelhttp: with its handler and transport on either side of ours, and
// with propagators that have ours or not, one trace runs through.
func TestBesideOtelhttp(t *testing.T) {
	p := newPropagator(t, withCache(t))
	all := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, p)
	plain := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	for name, test := range map[string]struct {
		propagators       propagation.TextMapPropagator
		serverIn          bool // otelhttp's handler is inside of ours
		clientIn          bool // and its transport
		status            int
		withoutMiddleware bool
	}{
		"around":                          {all, false, false, 200, false},
		"inside":                          {all, true, true, 200, false},
		"server inside":                   {all, true, false, 200, false},
		"client inside":                   {all, false, true, 200, false},
		"without ours, around":            {plain, false, false, 200, false},
		"without ours, server inside":     {plain, true, false, 200, false},
		"ours as a propagator alone":      {all, false, false, 200, true},
		"without ours, its client inside": {plain, false, true, 400, false}, // it overwrites the baggage
	} {
		for _, hops := range []int{1, 30} {
			t.Run(fmt.Sprintf("%s/%d", name, hops), func(t *testing.T) {
				provider, spans := tracing(t)
				options := []otelhttp.Option{otelhttp.WithPropagators(test.propagators), otelhttp.WithTracerProvider(provider)}
				instrumented := func(next http.Handler) http.Handler { return otelhttp.NewHandler(next, "server", options...) }
				middleware := []kesthttp.Middleware{instrumented, kesthttp.Lineage(p), kesthttp.SendBack(p)}
				if test.serverIn {
					middleware = []kesthttp.Middleware{kesthttp.Lineage(p), kesthttp.SendBack(p), instrumented}
				}
				config := kesthttp.TransportConfig{Lineage: p, TakeBack: true}
				transport := http.RoundTripper(nil)
				if test.clientIn {
					config.Base = otelhttp.NewTransport(http.DefaultTransport, options...)
					transport = newTransport(t, config)
				} else {
					transport = otelhttp.NewTransport(newTransport(t, config), options...)
				}
				if test.withoutMiddleware {
					middleware = middleware[:1]
					transport = otelhttp.NewTransport(http.DefaultTransport, options...)
				}
				served := newService()
				server := serve(t, around(t, served, middleware...))

				ctx, err := kest.WithUser(kest.NewContext(t.Context(), tracedRuntime(t, provider)), "alice")
				check(t, err)
				ctx, span := provider.Tracer("test").Start(ctx, "request")
				member, err := baggage.NewMemberRaw("tenant", "a")
				check(t, err)
				bag, err := baggage.FromContext(ctx).SetMember(member)
				check(t, err)
				got := do(t, &http.Client{Transport: transport}, chain(t, baggage.ContextWithBaggage(ctx, bag), hops), server.URL)
				span.End()
				if test.status != 200 {
					got.wantProblem(t, test.status, "lineage-malformed")
					served.didNotRun(t)
					return
				}
				if n := got.seen(t).Entries; n != hops+1 {
					t.Errorf("%d entries arrived, want %d", n, hops+1)
				}
				if n := passportLen(got.Response); !test.withoutMiddleware && n != hops+1 {
					t.Errorf("%d entries came back, want %d", n, hops+1)
				}
				for _, s := range spans.GetSpans() {
					if s.SpanContext.TraceID() != span.SpanContext().TraceID() {
						t.Errorf("the span %s is in another trace", s.Name)
					}
				}
			})
		}
	}
}

func tracedRuntime(t *testing.T, provider trace.TracerProvider) *kest.Runtime {
	t.Helper()
	rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(gateway), TracerProvider: provider})
	check(t, err)
	return rt
}

// TestRefusedByThePropagatorAlone: otelhttp goes on with a request whose lineage
// is refused, and no hook runs under it.
func TestRefusedByThePropagatorAlone(t *testing.T) {
	p := newPropagator(t, nil)
	served := newService()
	server := serve(t, otelhttp.NewHandler(around(t, served), "server", otelhttp.WithPropagators(p)))
	got := do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, func(h http.Header) { h.Del("baggage") }))
	got.wantProblem(t, 400, "lineage-malformed")
	if served.bodies.Load() != 0 {
		t.Error("the function ran")
	}
}

// TestPublicEndpoints start a trace of their own, so no lineage of another one
// is taken.
func TestPublicEndpoints(t *testing.T) {
	provider, _ := tracing(t)
	p := newPropagator(t, nil)
	for name, propagators := range map[string]propagation.TextMapPropagator{
		"without ours": propagation.TraceContext{},
		"with ours":    propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, p),
	} {
		t.Run(name, func(t *testing.T) {
			served := newService()
			server := serve(t, otelhttp.NewHandler(around(t, served, kesthttp.Lineage(p)), "server",
				otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagators),
				otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true })))
			do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, nil)).wantProblem(t, 403, "lineage-invalid")
			served.didNotRun(t)
		})
	}
}
