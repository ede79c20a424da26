package kesthttp_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
	"github.com/kestgo/kest/runtime/keysource"
)

// TestPublishedKeys: a service publishes its key, and another one believes it by
// its URL.
func TestPublishedKeys(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET "+kesthttp.KeysPath, kesthttp.KeysHandler(kesttest.Identity(gateway)))
	publisher := serve(t, mux)
	source, err := keysource.NewURL(keysource.URLConfig{
		URL: publisher.URL + kesthttp.KeysPath, Subjects: []string{gateway}, Logger: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: source} })
	served := newService()
	server := serve(t, around(t, served, kesthttp.Lineage(p)))
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p})}
	if n := do(t, client, chain(t, gatewayContext(t), 2), server.URL).seen(t).Entries; n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	// Another workload is not believed for what this one publishes.
	other := inTrace(kest.NewContext(t.Context(), newRuntime(t, ledger, kesttest.Allow())), 1)
	do(t, client, enter(t, other), server.URL).wantProblem(t, 403, "lineage-invalid")
}

// TestUnpublishedKeys: nobody can find out, so the request may be sent again.
func TestUnpublishedKeys(t *testing.T) {
	publisher := serve(t, kesthttp.KeysHandler(failing{nil, errors.New("the agent is down")}))
	source, err := keysource.NewURL(keysource.URLConfig{URL: publisher.URL, Subjects: []string{gateway}, Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: source} })
	served := newService()
	server := serve(t, around(t, served, kesthttp.Lineage(p)))
	do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, nil)).wantProblem(t, 503, "lineage-unavailable")
	served.didNotRun(t)
}

// failing is a double: an identity that has no signer.
type failing struct {
	signer *kest.Signer
	err    error
}

func (f failing) Signer(context.Context) (*kest.Signer, error) { return f.signer, f.err }

func TestKeysHandler(t *testing.T) {
	for name, test := range map[string]struct {
		identity kest.Identity
		status   int
		kind     string
	}{
		"no identity":   {nil, 500, "configuration"},
		"an error":      {failing{nil, errors.New("down")}, 503, "identity-unavailable"},
		"no signer":     {failing{nil, nil}, 503, "identity-unavailable"},
		"a zero signer": {failing{new(kest.Signer), nil}, 500, "configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, kesthttp.KeysHandler(test.identity))
			do(t, server.Client(), t.Context(), server.URL).wantProblem(t, test.status, test.kind)
		})
	}
	server := serve(t, kesthttp.KeysHandler(kesttest.Identity(gateway)))
	got := do(t, server.Client(), t.Context(), server.URL)
	set, err := kest.ParseKeySet([]byte(got.body))
	check(t, err)
	if set.Len() != 1 || got.Header.Get("Content-Type") != "application/jwk-set+json" || !strings.Contains(got.body, gateway) {
		t.Errorf("%s %v", got.body, got.Header)
	}
	for method, want := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		got := do(t, server.Client(), t.Context(), server.URL, func(r *http.Request) { r.Method = method })
		if got.StatusCode != want || want == 405 && got.Header.Get("Allow") != "GET, HEAD" || method == http.MethodHead && got.body != "" {
			t.Errorf("%s: status %d %v", method, got.StatusCode, got.Header)
		}
	}
}
