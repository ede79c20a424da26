package cedar_test

import (
	"crypto/ed25519"
	"testing"
	"testing/fstest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

// quickStart is the policy of the public quick start, in Cedar.
const quickStart = `permit(principal, action == Action::"kest/allow_trusted", resource) when { context.trust_score >= 40 };
`

// attributesToo reads what is inside of the context's records.
const attributesToo = `permit(principal, action == Action::"kest/bill", resource)
when { context.object.attributes has amount && context.object.attributes.amount <= 10000 }
unless { context.taints.contains("secret") };
`

func load(t testing.TB, files map[string]string) *cedar.Engine {
	t.Helper()
	engine, err := cedar.Load(folder(files))
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// paymentInput is the input of a call as the payments example makes it, with
// the amount in cents.
func paymentInput() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload:       "spiffe://kest.internal/local-workload",
		User:           "alice",
		TrustScore:     100,
		Taints:         []string{"contains_data"},
		ResourceID:     "orders/o-17",
		Attributes:     []byte(`{"amount":1250,"currency":"EUR"}`),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyNames:    []string{"kest/allow_trusted"},
		PolicyTier:     kest.TierFunction,
		Operation:      "processPayment",
		Classification: "system",
	}
}

// BenchmarkEvaluate decides the policy of the public quick start, and one that
// reads attributes.
func BenchmarkEvaluate(b *testing.B) {
	engine, input, ctx := load(b, map[string]string{"a.cedar": quickStart, "b.cedar": attributesToo}), paymentInput(), b.Context()
	for _, policy := range []string{"kest/allow_trusted", "kest/bill"} {
		evaluate := func() {
			if ok, err := engine.Evaluate(ctx, policy, input); err != nil || !ok {
				b.Error(ok, err)
			}
		}
		b.Run(policy, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				evaluate()
			}
			reportRatio(b)
		})
		b.Run(policy+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					evaluate()
				}
			})
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
