package kesthttp_test

import (
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// watched notes whether the bodies of answers are closed.
type watched struct{ body *body }

func (w *watched) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		w.body = &body{Reader: response.Body}
		response.Body = w.body
	}
	return response, err
}

// answering is a handler whose answers have some lineage.
func answering(header http.Header) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		w.WriteHeader(http.StatusOK)
	})
}

// TestAnswersThatAreRefused: an answer whose lineage does not verify is an error
// of the request, and nobody reads it.
func TestAnswersThatAreRefused(t *testing.T) {
	p := newPropagator(t, nil)
	back := func(workload string, number byte) http.Header {
		ctx := inTrace(kest.NewContext(t.Context(), newRuntime(t, workload, kesttest.Allow())), number)
		header := make(http.Header)
		check(t, p.SendBack(ctx, kest.PassportFromContext(chain(t, ctx, 2)), propagation.HeaderCarrier(header)))
		return header
	}
	change := func(f func(http.Header)) http.Header {
		header := back(ledger, 1)
		f(header)
		return header
	}
	for name, test := range map[string]struct {
		header http.Header
		config func(*kestpropagation.Config)
		kind   error
		atHost bool // the answer is at fault
	}{
		"forged": {change(func(h http.Header) {
			h.Set("Kest-Passport", strings.Replace(h.Get("Kest-Passport"), ".eyJ", ".fyJ", 1))
		}), nil, kest.ErrLineageInvalid, true},
		"another trace":     {back(ledger, 2), nil, kest.ErrLineageInvalid, true},
		"an unknown peer":   {back("spiffe://evil/ledger", 1), nil, kest.ErrLineageInvalid, true},
		"no tip":            {change(func(h http.Header) { h.Del("Kest-Tip") }), nil, kest.ErrLineageMalformed, true},
		"no passport":       {change(func(h http.Header) { h.Del("Kest-Passport") }), nil, kest.ErrLineageMalformed, true},
		"another tip":       {change(func(h http.Header) { h.Set("Kest-Tip", kest.Hash("another")) }), nil, kest.ErrLineageInvalid, true},
		"two passports":     {change(func(h http.Header) { h.Add("Kest-Passport", h.Get("Kest-Passport")) }), nil, kest.ErrLineageMalformed, true},
		"the tip twice":     {change(func(h http.Header) { h.Add("Kest-Tip", h.Get("Kest-Tip")) }), nil, kest.ErrLineageInvalid, true},
		"nonsense":          {http.Header{"Kest-Tip": {"x"}, "Kest-Passport": {"x"}}, nil, kest.ErrLineageMalformed, true},
		"dead key source":   {back(ledger, 1), func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} }, kest.ErrLineageUnavailable, false},
		"a broken verifier": {back(ledger, 1), func(c *kestpropagation.Config) { c.Verifier.Origins = map[string]int{"llm": 100} }, kest.ErrConfig, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, answering(test.header))
			network := &watched{}
			client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: newPropagator(t, test.config), Base: network, TakeBack: true})}
			ctx, consumed := kest.Collect(gatewayContext(t))
			response, err := try(ctx, client, server.URL)
			if err == nil {
				response.Body.Close()
				t.Fatal("the answer was taken")
			}
			if !errors.Is(err, test.kind) || errors.Is(err, kestpropagation.ErrAnswer) != test.atHost {
				t.Errorf("got %v", err)
			}
			if !network.body.closed.Load() {
				t.Error("the body is open")
			}
			if consumed.Passport().Len() != 0 {
				t.Error("it was collected")
			}
			want := http.StatusBadGateway
			switch test.kind {
			case kest.ErrLineageUnavailable:
				want = http.StatusServiceUnavailable
			case kest.ErrConfig:
				want = http.StatusInternalServerError
			}
			if got := kesthttp.ProblemOf(err).Status; got != want {
				t.Errorf("who asked this server is told %d, want %d", got, want)
			}
		})
	}
}

// TestAnswersWithoutLineage are taken as they are, and so is any lineage by who
// does not ask for it.
func TestAnswersWithoutLineage(t *testing.T) {
	for name, test := range map[string]struct {
		header   http.Header
		takeBack bool
	}{
		"none":             {nil, true},
		"nobody asked for": {http.Header{"Kest-Tip": {"x"}}, false},
	} {
		server := serve(t, answering(test.header))
		client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: newPropagator(t, nil), TakeBack: test.takeBack})}
		ctx, consumed := kest.Collect(gatewayContext(t))
		if got := do(t, client, ctx, server.URL); got.StatusCode != http.StatusOK || consumed.Passport().Len() != 0 {
			t.Errorf("%s: status %d, %d entries", name, got.StatusCode, consumed.Passport().Len())
		}
	}
}

// TestReverseProxy: one in Go that takes lineage back and sends its own answers
// with theirs.
func TestReverseProxy(t *testing.T) {
	p := newPropagator(t, nil)
	behind, _ := takingBack(t, p, newService(func(c *kest.HookConfig) { c.AddTaints = []string{"raw"} }))
	target, err := url.Parse(behind.URL)
	check(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p, TakeBack: true}),
	}
	server, client := takingBack(t, p, proxy)
	ctx, consumed := kest.Collect(enter(t, gatewayContext(t)))
	got := do(t, client, ctx, server.URL)
	if got.seen(t).Entries != 2 || consumed.Passport().Len() != 2 || len(got.Header.Values("Kest-Tip")) != 1 {
		t.Errorf("%d entries arrived and %d came back", got.seen(t).Entries, consumed.Passport().Len())
	}
	if entry := lastEntry(t, enter(t, consumed.Join(ctx))); len(entry.Taints) != 1 {
		t.Errorf("taints %v", entry.Taints)
	}
}
