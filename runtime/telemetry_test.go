package kest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// traced gives a context whose runtime records spans.
func traced(t *testing.T, config kest.Config) (context.Context, *tracetest.SpanRecorder) {
	recorder := tracetest.NewSpanRecorder()
	config.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	return testContext(t, config), recorder
}

func attributes(span sdktrace.ReadOnlySpan) map[string]attribute.Value {
	all := make(map[string]attribute.Value)
	for _, kv := range span.Attributes() {
		all[string(kv.Key)] = kv.Value
	}
	return all
}

// TestSpanOfAnAllowedCall: PROTOCOL §12.
func TestSpanOfAnAllowedCall(t *testing.T) {
	ctx, recorder := traced(t, kest.Config{Tiers: kest.Tiers{Platform: []string{"kest/p"}}})
	outer := enter(t, ctx, hook(kest.HookConfig{Operation: "outer", Source: "internal"}))
	call, err := hook(kest.HookConfig{Operation: "inner", Source: "verified_rag"}).Begin(outer)
	if err != nil {
		t.Fatal(err)
	}
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	inside, err := call.Enter()
	if err != nil {
		t.Fatal(err)
	}
	call.Leave()
	if !call.Recording() {
		t.Error("the call does not know that its span records")
	}
	call.SetOutput([]byte(`"done"`), nil)
	call.End(&err)

	spans := recorder.Ended()
	span := spans[len(spans)-1]
	if span.Name() != "kest.verified.inner" || span.InstrumentationScope().Name != "kest.core" || span.Status().Code != codes.Ok {
		t.Errorf("span %q of scope %q with status %v", span.Name(), span.InstrumentationScope().Name, span.Status())
	}
	p := kest.PassportFromContext(inside)
	whole, _ := p.MarshalJSON()
	entry := lastEntry(t, inside)
	got := attributes(span)
	for name, want := range map[string]attribute.Value{
		"kest.signature":    attribute.StringValue(p.Tokens()[1]),
		"kest.parent_hash":  attribute.StringValue(kest.Hash(p.Tokens()[0])),
		"kest.passport":     attribute.StringValue(string(whole)),
		"kest.entry_id":     attribute.StringValue(entry.EntryID),
		"kest.workload_id":  attribute.StringValue(workload),
		"kest.trust_score":  attribute.IntValue(90),
		"kest.operation":    attribute.StringValue("inner"),
		"kest.chain_tip":    attribute.StringValue(p.Tips()[0]),
		"kest.policy_ids":   attribute.StringValue("kest/p,kest/allow"),
		"kest.allowed":      attribute.BoolValue(true),
		"kest.input_hash":   attribute.StringValue(entry.InputHash),
		"kest.content_hash": attribute.StringValue(kest.Hash(`"done"`)),
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name].String(), want.String())
		}
	}
	if trace := span.SpanContext().TraceID().String(); entry.Labels[kest.LabelTraceID] != trace {
		t.Errorf("trace_id = %q, want %q", entry.Labels[kest.LabelTraceID], trace)
	}
	v := verifier(t)
	v.SameTrace = true
	if err := v.Verify(ctx, p); err != nil {
		t.Error(err)
	}
}

func TestSpanOfADenial(t *testing.T) {
	ctx, recorder := traced(t, kest.Config{
		Tiers: kest.Tiers{Enterprise: []string{"kest/e"}},
		Engine: engine(func(policy string, _ *kest.PolicyInput) (bool, error) {
			return policy != "kest/e", errors.New("secret-argument")
		}),
	})
	err := run(ctx, hook(kest.HookConfig{}), `{}`, notCalled(t))
	if !errors.Is(err, kest.ErrDenied) {
		t.Fatal(err)
	}
	span := recorder.Ended()[0]
	got := attributes(span)
	if got["kest.denied_by"].AsString() != "kest/e" || got["kest.denied_tier"].AsString() != "enterprise" || got["kest.allowed"].AsBool() {
		t.Errorf("attributes of a denial: %v", got)
	}
	if _, ok := got["kest.signature"]; ok {
		t.Error("a denied call has a signature")
	}
	if span.Status().Code != codes.Error || strings.Contains(span.Status().Description, "secret") {
		t.Errorf("status = %v", span.Status())
	}
}

func TestSpanStatus(t *testing.T) {
	for name, test := range map[string]struct {
		body func(context.Context) error
		want codes.Code
	}{
		"returns": {func(context.Context) error { return nil }, codes.Ok},
		"error":   {func(context.Context) error { return errors.New("secret-argument") }, codes.Error},
		"panic":   {func(context.Context) error { panic("secret-argument") }, codes.Error},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, recorder := traced(t, kest.Config{})
			func() {
				defer func() { _ = recover() }()
				_ = run(ctx, hook(kest.HookConfig{}), `{}`, test.body)
			}()
			spans := recorder.Ended()
			if len(spans) != 1 {
				t.Fatalf("%d spans ended, want 1", len(spans))
			}
			if got := spans[0].Status(); got.Code != test.want || strings.Contains(got.Description, "secret") {
				t.Errorf("status = %v, want %v without the error's text", got, test.want)
			}
		})
	}
}

func TestUnhashableOutputIsNotedAndHarmless(t *testing.T) {
	ctx, recorder := traced(t, kest.Config{})
	call, err := hook(kest.HookConfig{}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	if _, err = call.Enter(); err != nil {
		t.Fatal(err)
	}
	call.Leave()
	call.SetOutput(nil, errors.New("NaN"))
	call.End(&err)
	span := recorder.Ended()[0]
	if err != nil || len(span.Events()) != 1 || span.Events()[0].Name != "kest.output_not_hashed" {
		t.Errorf("error %v, events %v", err, span.Events())
	}
}

// TestLongPassportStaysOffTheSpan: a call must not cost more the deeper it is.
func TestLongPassportStaysOffTheSpan(t *testing.T) {
	ctx, recorder := traced(t, kest.Config{})
	for range 40 {
		ctx = enter(t, ctx, hook(kest.HookConfig{}))
	}
	spans := recorder.Ended()
	if _, ok := attributes(spans[0])["kest.passport"]; !ok {
		t.Error("a short passport is not on its span")
	}
	last := attributes(spans[len(spans)-1])
	if _, ok := last["kest.passport"]; ok {
		t.Error("a long passport is on its span")
	}
	// The auditor's way: collect the entries of all spans.
	var tokens []string
	for _, span := range spans {
		tokens = append(tokens, attributes(span)["kest.signature"].AsString())
	}
	if !slices.Equal(tokens, kest.PassportFromContext(ctx).Tokens()) {
		t.Error("the spans do not hold the passport")
	}
}
