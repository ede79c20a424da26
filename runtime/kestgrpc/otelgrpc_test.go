package kestgrpc_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestBesideOtelgrpc: its handlers write metadata behind our interceptors, so
// its propagators have ours wherever they have Baggage; one trace runs through.
func TestBesideOtelgrpc(t *testing.T) {
	p := newPropagator(t, withCache(t))
	for name, test := range map[string]struct {
		propagators propagation.TextMapPropagator
		code        codes.Code
	}{
		"with ours":                {propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, p), codes.OK},
		"traces alone":             {propagation.TraceContext{}, codes.OK},
		"baggage and without ours": {propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}), codes.InvalidArgument},
	} {
		spans := tracetest.NewInMemoryExporter()
		provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
		options := []otelgrpc.Option{otelgrpc.WithTracerProvider(provider), otelgrpc.WithPropagators(test.propagators)}
		served := newService()
		target := serve(t, served, kestgrpc.ServerConfig{Lineage: p, SendBack: true}, grpc.StatsHandler(otelgrpc.NewServerHandler(options...)))
		client := dial(t, target, &kestgrpc.ClientConfig{Lineage: p, TakeBack: true}, grpc.WithStatsHandler(otelgrpc.NewClientHandler(options...)))
		rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(gateway), TracerProvider: provider})
		check(t, err)
		traces := make(map[trace.TraceID]bool)
		for kind, call := range kinds {
			for _, hops := range []int{1, 30} {
				t.Run(name+"/"+kind, func(t *testing.T) {
					ctx, err := kest.WithUser(kest.NewContext(t.Context(), rt), "alice")
					check(t, err)
					ctx, span := provider.Tracer("test").Start(ctx, "request")
					traces[span.SpanContext().TraceID()] = true
					ctx, consumed := kest.Collect(chain(t, ctx, hops))
					got, err := call(ctx, client)
					span.End()
					wantStatus(t, err, test.code)
					if test.code != codes.OK {
						served.didNotRun(t)
						return
					}
					if n, m := entries(t, got), consumed.Passport().Len(); n != hops+1 || m != hops+1 {
						t.Errorf("%d entries arrived and %d came back, want %d", n, m, hops+1)
					}
				})
			}
		}
		for _, s := range spans.GetSpans() {
			if !traces[s.SpanContext.TraceID()] {
				t.Errorf("the span %s is in a trace of its own", s.Name)
			}
		}
		check(t, provider.Shutdown(context.WithoutCancel(t.Context())))
	}
}
