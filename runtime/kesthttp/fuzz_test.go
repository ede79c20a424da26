package kesthttp_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
)

// FuzzTokenHosts: whoever gets the token is the host that was named, over TLS or
// on this machine.
func FuzzTokenHosts(f *testing.F) {
	f.Add("ledger.example.com", "https://ledger.example.com:443/")
	f.Add("127.0.0.1:8080", "http://127.0.0.1:8080/")
	f.Add("[::1]", "http://[::1]/")
	f.Add("LOCALHOST:80", "http://localhost")
	f.Add("kest.example", "https://\u212Aest.example/")
	f.Add("a.example:443", "https://a.example@b.example/")
	p := newPropagator(f, nil)
	ctx := kest.WithToken(f.Context(), secret)
	f.Fuzz(func(t *testing.T, host, text string) {
		network := &recorder{}
		transport, err := kesthttp.NewTransport(kesthttp.TransportConfig{Lineage: p, Base: network, TokenHosts: []string{host}})
		if err != nil {
			return
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, text, nil)
		if err != nil {
			return
		}
		response, err := transport.RoundTrip(request)
		check(t, err)
		check(t, response.Body.Close())
		if network.sent.Get("Authorization") == "" {
			return
		}
		named, err := url.Parse("//" + host)
		check(t, err)
		u := request.URL
		if !strings.EqualFold(named.Hostname(), u.Hostname()) {
			t.Errorf("%q got the token of %q", u.Host, host)
		}
		local := net.ParseIP(u.Hostname()).IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
		if u.Scheme != "https" && (u.Scheme != "http" || !local) {
			t.Errorf("%s got the token", u)
		}
	})
}
