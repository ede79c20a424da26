package rego_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/kesttest"
)

// paymentInput is the input of a call as the payments example makes it.
func paymentInput() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload:       "spiffe://kest.internal/local-workload",
		User:           "alice",
		TrustScore:     100,
		Taints:         []string{"contains_data"},
		ResourceID:     "orders/o-17",
		Attributes:     []byte(`{"amount":12.5,"currency":"EUR"}`),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyNames:    []string{"kest/allow_trusted"},
		PolicyTier:     kest.TierFunction,
		Operation:      "processPayment",
		Classification: "system",
	}
}

func quickStartEngine(b *testing.B) *rego.Engine {
	b.Helper()
	engine, err := rego.New(map[string]string{"allow_trusted.rego": quickStart})
	if err != nil {
		b.Fatal(err)
	}
	return engine
}

// BenchmarkEvaluate decides the policy of the public quick start.
func BenchmarkEvaluate(b *testing.B) {
	engine, input, ctx := quickStartEngine(b), paymentInput(), b.Context()
	evaluate := func() {
		if ok, err := engine.Evaluate(ctx, "kest/allow_trusted", input); err != nil || !ok {
			b.Error(ok, err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			evaluate()
		}
		reportRatio(b)
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				evaluate()
			}
		})
	})
}

// BenchmarkHook is a whole hook around nothing with this engine.
func BenchmarkHook(b *testing.B) {
	for _, bb := range []struct {
		name   string
		engine kest.Engine
	}{{"allow", kesttest.Allow()}, {"rego", quickStartEngine(b)}} {
		b.Run(bb.name, func(b *testing.B) {
			rt, err := kest.New(kest.Config{Engine: bb.engine, Identity: kesttest.Identity("spiffe://kest.internal/local-workload")})
			if err != nil {
				b.Fatal(err)
			}
			hook := kest.MustHook(kest.HookConfig{Operation: "processPayment", Policies: []string{"kest/allow_trusted"}, Source: "internal"})
			ctx := kest.NewContext(b.Context(), rt)
			b.ReportAllocs()
			for b.Loop() {
				call, err := hook.Begin(ctx)
				if err != nil {
					b.Fatal(err)
				}
				call.SetResource("orders/o-17")
				call.SetAttributes([]byte(`{"amount":12.5,"currency":"EUR"}`), nil)
				call.Inherit()
				call.SetInput(append(call.Buffer(), `{"amount":12.5,"orderID":"o-17"}`...), nil)
				if _, err = call.Enter(); err != nil {
					b.Fatal(err)
				}
				call.Leave()
				call.End(&err)
			}
			reportRatio(b)
		})
	}
}

// reportRatio says how many bare signatures of an entry's size the operation
// costs, measured in the same run.
func reportRatio(b *testing.B) {
	const signatures = 2000
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	entry := make([]byte, 1400)
	perOperation := float64(b.Elapsed()) / float64(b.N)
	start := time.Now()
	for range signatures {
		ed25519.Sign(key, entry)
	}
	b.ReportMetric(perOperation*signatures/float64(time.Since(start)), "x-sign")
}
