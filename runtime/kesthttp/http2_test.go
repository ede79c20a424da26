package kesthttp_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// roundTrips sends passports of several lengths, and takes lineage back.
func roundTrips(t *testing.T, p *kestpropagation.Propagator, base http.RoundTripper, url string, major int) {
	t.Helper()
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p, Base: base, TakeBack: true})}
	for _, hops := range []int{0, 1, 4, 30} {
		got := do(t, client, chain(t, gatewayContext(t), hops), url)
		if got.ProtoMajor != major {
			t.Errorf("%s", got.Proto)
		}
		if seen := got.seen(t); seen.Entries != hops+1 {
			t.Errorf("%d hops: %d entries", hops, seen.Entries)
		}
		if n := passportLen(got.Response); n != hops+1 {
			t.Errorf("%d hops: %d entries came back", hops, n)
		}
	}
}

func TestHTTP2(t *testing.T) {
	p := newPropagator(t, withCache(t))
	handler := around(t, newService(), kesthttp.Lineage(p), kesthttp.SendBack(p))
	t.Run("TLS", func(t *testing.T) {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		server.StartTLS()
		defer server.Close()
		roundTrips(t, p, server.Client().Transport, server.URL, 2)
	})
	t.Run("cleartext", func(t *testing.T) {
		server := httptest.NewUnstartedServer(handler)
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		server.Config.Protocols = protocols
		server.Start()
		defer server.Close()
		base := &http.Transport{Protocols: protocols}
		defer base.CloseIdleConnections()
		roundTrips(t, p, base, server.URL, 2)
	})
	t.Run("refused", func(t *testing.T) {
		served := newService()
		server := httptest.NewUnstartedServer(around(t, served, kesthttp.Lineage(p)))
		server.EnableHTTP2 = true
		server.StartTLS()
		defer server.Close()
		got := do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, func(h http.Header) { h.Del("baggage") }))
		got.wantProblem(t, 400, "lineage-malformed")
		served.didNotRun(t)
	})
}

// TestPeerIdentity: principals are taken from a peer whose certificate was
// verified, over both versions of HTTP, and from no other.
func TestPeerIdentity(t *testing.T) {
	uri, uris, common, other := certificate(t, "x", gateway), certificate(t, "x", gateway, ledger), certificate(t, gateway), certificate(t, "x", ledger)
	stranger := certificate(t, "x", gateway)
	for name, test := range map[string]struct {
		client *tls.Certificate
		auth   tls.ClientAuthType
		user   string
	}{
		"verified":                      {&uri, tls.RequireAndVerifyClientCert, "alice"},
		"verified if given":             {&uri, tls.VerifyClientCertIfGiven, "alice"},
		"none given":                    {nil, tls.VerifyClientCertIfGiven, ""},
		"not verified":                  {&stranger, tls.RequireAnyClientCert, ""},
		"two URIs":                      {&uris, tls.RequireAndVerifyClientCert, ""},
		"a common name":                 {&common, tls.RequireAndVerifyClientCert, ""},
		"another peer":                  {&other, tls.RequireAndVerifyClientCert, ""},
		"a certificate nobody asked of": {&uri, tls.NoClientCert, ""},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				p := newPropagator(t, func(c *kestpropagation.Config) {
					c.TrustPrincipals = func(ctx context.Context, _ propagation.TextMapCarrier) bool {
						return kesthttp.PeerIdentity(ctx) == gateway
					}
				})
				server := httptest.NewUnstartedServer(around(t, newService(), kesthttp.Lineage(p)))
				server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				server.EnableHTTP2 = http2
				server.TLS = &tls.Config{ClientAuth: test.auth, ClientCAs: pool(uri, uris, common, other)}
				server.StartTLS()
				defer server.Close()
				if base := server.Client().Transport.(*http.Transport); test.client != nil {
					base.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return test.client, nil }
				}
				got := do(t, server.Client(), t.Context(), server.URL, func(r *http.Request) { r.Header.Set("baggage", "kest.user=alice") }).seen(t)
				if got.User != test.user {
					t.Errorf("user %q, want %q", got.User, test.user)
				}
			})
		}
	}
	if got := kesthttp.PeerIdentity(t.Context()); got != "" {
		t.Errorf("without a connection: %q", got)
	}
}
