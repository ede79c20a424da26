package benchmarks

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/kestgo/kest/internal/benchmarks/ratio"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache/memory"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// hops are the lengths of the passports that travel, of real entries.
var hops = []int{1, 3, 5, 10, 25, 50}

// propagator believes the benchmark's key and remembers nothing if cold is set.
func propagator(b *testing.B, cold bool) *kestpropagation.Propagator {
	b.Helper()
	keys, err := kest.NewKeySet(kest.Key{Subject: workload, Public: privateKey.Public().(ed25519.PublicKey)})
	if err != nil {
		b.Fatal(err)
	}
	store, err := memory.New(memory.Config{})
	if err != nil {
		b.Fatal(err)
	}
	verifier := &kest.Verifier{Keys: keys}
	if cold {
		// Each of the entries pushes the one before out.
		if verifier.Verified, err = kest.NewVerifiedEntries(1, kest.MaxVerifiedEntriesTTL); err != nil {
			b.Fatal(err)
		}
	}
	p, err := kestpropagation.New(kestpropagation.Config{Verifier: verifier, Cache: store})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// way is how a passport travels.
func way(header http.Header) string {
	text := header.Get("baggage")
	return strings.TrimPrefix(text[:strings.IndexByte(text, '=')], "kest.")
}

// send gives the headers of a request with a passport of some entries.
func send(b *testing.B, p *kestpropagation.Propagator, ctx context.Context) http.Header {
	b.Helper()
	header := make(http.Header)
	if err := p.Send(ctx, propagation.HeaderCarrier(header)); err != nil {
		b.Fatal(err)
	}
	return header
}

// BenchmarkSend writes a passport into headers; the metric header-B is the size of
// the baggage header, and the name says in which of the three ways it travels.
func BenchmarkSend(b *testing.B) {
	for _, n := range hops {
		ctx := contextWith(b, kesttest.Allow())
		_, deep := passport(b, ctx, n)
		p := propagator(b, false)
		header := send(b, p, deep)
		b.Run(fmt.Sprintf("%d/%s", n, way(header)), func(b *testing.B) {
			ratio.Compare(b, func() {
				// A cache of its own for each, or it would be full.
				if n > 4 {
					p = propagator(b, false)
				}
				send(b, p, deep)
			}, bareSign(b, deep))
			b.ReportMetric(float64(len(header.Get("baggage"))), "header-B")
		})
	}
}

// BenchmarkReceive verifies what arrives: cold, with every entry new, and warm,
// with every entry seen before. It is compared with as many bare verifications.
func BenchmarkReceive(b *testing.B) {
	for _, n := range hops {
		for name, cold := range map[string]bool{"cold": true, "warm": false} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				ctx := contextWith(b, kesttest.Allow())
				whole, deep := passport(b, ctx, n)
				p := propagator(b, cold)
				header := send(b, p, deep)
				public := privateKey.Public().(ed25519.PublicKey)
				var inputs, signatures [][]byte
				for _, token := range whole.Tokens() {
					input := signingInput(token)
					inputs, signatures = append(inputs, input), append(signatures, ed25519.Sign(privateKey, input))
				}
				if cold && n == 1 {
					// One entry alone would be remembered: another one goes between.
					other, _ := passport(b, ctx, 1)
					text, err := other.MarshalJSON()
					if err != nil {
						b.Fatal(err)
					}
					between := http.Header{"Baggage": {"kest.passport=" + strings.NewReplacer(`"`, "%22", ",", "%2C").Replace(string(text))}}
					ratio.Compare(b, func() {
						receive(b, p, header)
						receive(b, p, between)
					}, ratio.Bound{Unit: "×verify", Run: func() {
						ed25519.Verify(public, inputs[0], signatures[0])
						ed25519.Verify(public, inputs[0], signatures[0])
					}})
					return
				}
				ratio.Compare(b, func() { receive(b, p, header) }, ratio.Bound{Unit: "×verify", Run: func() {
					for i, input := range inputs {
						ed25519.Verify(public, input, signatures[i])
					}
				}})
			})
		}
	}
}

func receive(b *testing.B, p *kestpropagation.Propagator, header http.Header) {
	if _, err := p.Receive(b.Context(), propagation.HeaderCarrier(header)); err != nil {
		b.Fatal(err)
	}
}
