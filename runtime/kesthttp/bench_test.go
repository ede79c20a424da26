package kesthttp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/kestgo/kest/internal/benchmarks/ratio"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// requests gives a function that sends one request over loopback, with the next
// of some headers.
func requests(b *testing.B, handler http.Handler, headers ...http.Header) func() {
	b.Helper()
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	next := 0
	return func() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL, nil)
		check(b, err)
		request.Header = headers[next%len(headers)].Clone()
		next++
		response, err := server.Client().Do(request)
		check(b, err)
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", response.StatusCode, err)
		}
		check(b, response.Body.Close())
	}
}

// reportAdded reports by how much the median and the 99th percentile of a
// request's latency are above those of another one, in microseconds. The two
// follow each other, so that what else the machine does falls on both.
func reportAdded(b *testing.B, request, bare func()) {
	const rounds = 1000
	var with, without [rounds]time.Duration
	measure := func(f func()) time.Duration {
		start := time.Now()
		f()
		return time.Since(start)
	}
	for i := range rounds {
		without[i] = measure(bare)
		with[i] = measure(request)
	}
	slices.Sort(with[:])
	slices.Sort(without[:])
	for name, place := range map[string]int{"p50": rounds / 2, "p99": rounds * 99 / 100} {
		b.ReportMetric(float64((with[place]-without[place]).Nanoseconds())/1000, "µs-added-"+name)
	}
}

// BenchmarkLineage is one request over loopback as a ratio to the same request to
// the bare handler: cold, with every entry new to the server, and warm, with every
// entry seen before; and warm with a hook in the handler.
func BenchmarkLineage(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") })
	rt := newRuntime(b, ledger, kesttest.Allow())
	h := hook()
	withHook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call, err := h.Begin(kest.NewContext(r.Context(), rt))
		if err != nil {
			kesthttp.WriteError(w, r, err)
			return
		}
		defer call.End(&err)
		call.Inherit()
		call.SetInput([]byte(`{}`), nil)
		if _, err = call.Enter(); err != nil {
			kesthttp.WriteError(w, r, err)
			return
		}
		_, _ = io.WriteString(w, "answer")
		call.Leave()
	})
	plain := ratio.Bound{Unit: "×bare", Run: requests(b, bare, http.Header{})}
	for _, entries := range []int{0, 1, 3, 10} {
		for _, test := range []struct {
			name    string
			handler http.Handler
			cold    bool
		}{{"cold", bare, true}, {"warm", bare, false}, {"warm and a hook", withHook, false}} {
			if entries == 0 && test.cold {
				continue // nothing is verified
			}
			b.Run(fmt.Sprintf("%d/%s", entries, test.name), func(b *testing.B) {
				verified := verifier(b, gateway)
				if test.cold {
					// Each of the entries pushes the one before out.
					memory, err := kest.NewVerifiedEntries(1, kest.MaxVerifiedEntriesTTL)
					check(b, err)
					verified.Verified = memory
				}
				shared := withCache(b)
				p := newPropagator(b, func(c *kestpropagation.Config) {
					shared(c)
					c.Verifier = verified
				})
				// Two in turns, so that one entry alone is not remembered.
				headers := []http.Header{{}, {}}
				for _, header := range headers {
					check(b, p.Send(chain(b, gatewayContext(b), entries), propagation.HeaderCarrier(header)))
				}
				request := requests(b, kesthttp.Lineage(p)(test.handler), headers...)
				ratio.Compare(b, request, plain)
				reportAdded(b, request, plain.Run)
			})
		}
	}
}
