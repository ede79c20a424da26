package kesthttp_test

import (
	"context"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// logging is some middleware that is not ours.
func logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

// orders are the ways to put the two around a handler, the first one outermost.
func orders(p *kestpropagation.Propagator) map[string][]kesthttp.Middleware {
	lineage, identity := kesthttp.Lineage(p), kesthttp.Identity(authenticator{})
	return map[string][]kesthttp.Middleware{
		"lineage identity":          {lineage, identity},
		"identity lineage":          {identity, lineage},
		"lineage another identity":  {lineage, logging, identity},
		"identity another lineage":  {identity, logging, lineage},
		"identity twice":            {identity, identity, lineage},
		"identity around":           {identity, lineage, identity},
		"lineage twice":             {lineage, lineage, identity},
		"lineage around":            {lineage, identity, lineage},
		"identity another and both": {identity, logging, lineage, identity},
	}
}

// TestOrder: in whichever order the two stand, what was authenticated here stands
// over what arrived, even from a peer whose word is taken.
func TestOrder(t *testing.T) {
	trusting := func(c *kestpropagation.Config) {
		c.TrustPrincipals = func(context.Context, propagation.TextMapCarrier) bool { return true }
	}
	forge := func(h http.Header) {
		h.Set("baggage", h.Get("baggage")+",kest.user=mallory,kest.agent=evil,kest.task=all")
	}
	for _, peer := range []struct {
		name   string
		config func(*kestpropagation.Config)
	}{{"unknown peer", nil}, {"trusted peer", trusting}} {
		p := newPropagator(t, peer.config)
		for name, middleware := range orders(p) {
			t.Run(peer.name+"/"+name, func(t *testing.T) {
				served := newService()
				server := serve(t, around(t, served, middleware...))
				got := do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 2, forge), withToken(secret+"/alice//")).seen(t)
				if got.Entries != 3 || got.User != "alice" || got.Agent != "" || got.Task != "" || !got.Token {
					t.Errorf("the function saw %+v", got)
				}
			})
		}
	}
}

// TestOrderRefuses: each of the two refuses by itself in every order.
func TestOrderRefuses(t *testing.T) {
	p := newPropagator(t, nil)
	for name, middleware := range orders(p) {
		t.Run(name, func(t *testing.T) {
			served := newService()
			server := serve(t, around(t, served, middleware...))
			malformed := asIs(t, p, 1, func(h http.Header) { h.Del("baggage") })
			do(t, server.Client(), t.Context(), server.URL, malformed, withToken(secret+"/alice//")).wantProblem(t, 400, "lineage-malformed")
			do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, nil)).wantProblem(t, 401, "token")
			got := do(t, server.Client(), t.Context(), server.URL, malformed)
			if got.StatusCode != 400 && got.StatusCode != 401 {
				t.Errorf("both wrong: status %d", got.StatusCode)
			}
			served.didNotRun(t)
		})
	}
}

// TestLineageFirst: next to each other, they check the lineage first in both
// orders.
func TestLineageFirst(t *testing.T) {
	p := newPropagator(t, nil)
	for _, name := range []string{"lineage identity", "identity lineage", "identity twice", "lineage twice"} {
		server := serve(t, around(t, newService(), orders(p)[name]...))
		malformed := asIs(t, p, 1, func(h http.Header) { h.Del("baggage") })
		do(t, server.Client(), t.Context(), server.URL, malformed).wantProblem(t, 400, "lineage-malformed")
	}
}

// TestTrustedPeers: without a token, the word of a peer is taken.
func TestTrustedPeers(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) {
		c.TrustPrincipals = func(context.Context, propagation.TextMapCarrier) bool { return true }
	})
	server := serve(t, around(t, newService(), kesthttp.Lineage(p)))
	got := do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, func(h http.Header) {
		h.Set("baggage", h.Get("baggage")+",kest.user=alice,kest.jwt=x")
	})).seen(t)
	if got.User != "alice" || got.Token {
		t.Errorf("the function saw %+v", got)
	}
}
