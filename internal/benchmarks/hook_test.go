package benchmarks

import (
	"context"
	"crypto/ed25519"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/kestgo/kest/internal/benchmarks/payment"
	"github.com/kestgo/kest/internal/benchmarks/ratio"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/kesttest"
)

//go:embed policies
var policyFiles embed.FS

const workload = "spiffe://example.org/payments"

var privateKey = ed25519.NewKeyFromSeed([]byte("benchmarks: 32 bytes, not secret"))

// identity has its signer ready, as the identities of this module do.
type identity struct{ signer *kest.Signer }

func (i identity) Signer(context.Context) (*kest.Signer, error) { return i.signer, nil }

func contextWith(b *testing.B, engine kest.Engine) context.Context {
	b.Helper()
	signer, err := kest.NewSigner(workload, privateKey)
	if err != nil {
		b.Fatal(err)
	}
	rt, err := kest.New(kest.Config{Engine: engine, Identity: identity{signer}})
	if err != nil {
		b.Fatal(err)
	}
	return kest.NewContext(b.Context(), rt)
}

func policies(b *testing.B) fs.FS {
	b.Helper()
	modules, err := fs.Sub(policyFiles, "policies")
	if err != nil {
		b.Fatal(err)
	}
	return modules
}

func regoEngine(b *testing.B) kest.Engine {
	b.Helper()
	engine, err := rego.Load(policies(b))
	if err != nil {
		b.Fatal(err)
	}
	return engine
}

func passport(b *testing.B, ctx context.Context, length int) (*kest.Passport, context.Context) {
	b.Helper()
	p, ctx, err := payment.Passport(ctx, length)
	if err != nil {
		b.Fatal(err)
	}
	return p, ctx
}

// bareSign signs the signing input of an entry that charge has made.
func bareSign(b *testing.B, ctx context.Context) ratio.Bound {
	b.Helper()
	receipt, err := payment.Charge(ctx, "A-1001", 49.90)
	if err != nil {
		b.Fatal(err)
	}
	tokens := kest.PassportFromContext(receipt.Context).Tokens()
	input := signingInput(tokens[len(tokens)-1])
	return ratio.Bound{Unit: "×sign", Run: func() { ed25519.Sign(privateKey, input) }}
}

func signingInput(token string) []byte {
	return []byte(token[:strings.LastIndexByte(token, '.')])
}

func charge(b *testing.B, ctx context.Context) func() {
	return func() {
		if _, err := payment.Charge(ctx, "A-1001", 49.90); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHook is the whole lifecycle of a root call.
func BenchmarkHook(b *testing.B) {
	for _, engine := range []struct {
		name string
		kest.Engine
	}{
		{"allow-all", kesttest.Allow()},
		{"rego", regoEngine(b)},
	} {
		b.Run(engine.name, func(b *testing.B) {
			ctx := contextWith(b, engine.Engine)
			ratio.Compare(b, charge(b, ctx), bareSign(b, ctx))
		})
	}
}

// BenchmarkHookAtDepth shows that a call costs the same however long its lineage
// is.
func BenchmarkHookAtDepth(b *testing.B) {
	for _, depth := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			ctx := contextWith(b, kesttest.Allow())
			_, deep := passport(b, ctx, depth)
			ratio.Compare(b, charge(b, deep), bareSign(b, deep))
		})
	}
}

// BenchmarkVerifier is compared with as many bare verifications of the same
// bytes.
func BenchmarkVerifier(b *testing.B) {
	for _, entries := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			p, _ := passport(b, contextWith(b, kesttest.Allow()), entries)
			public := privateKey.Public().(ed25519.PublicKey)
			keys, err := kest.NewKeySet(kest.Key{Subject: workload, Public: public})
			if err != nil {
				b.Fatal(err)
			}
			verifier := kest.Verifier{Keys: keys, SingleRoot: true, Count: entries}
			text, err := p.MarshalJSON()
			if err != nil {
				b.Fatal(err)
			}
			var inputs, signatures [][]byte
			for _, token := range p.Tokens() {
				input := signingInput(token)
				inputs = append(inputs, input)
				signatures = append(signatures, ed25519.Sign(privateKey, input))
			}
			ratio.Compare(b, func() {
				parsed, err := kest.ParsePassport(text)
				if err != nil {
					b.Fatal(err)
				}
				if err := verifier.Verify(b.Context(), parsed); err != nil {
					b.Fatal(err)
				}
			}, ratio.Bound{Unit: "×verify", Run: func() {
				for i, input := range inputs {
					if !ed25519.Verify(public, input, signatures[i]) {
						b.Fatal("bare verification failed")
					}
				}
			}})
		})
	}
}
