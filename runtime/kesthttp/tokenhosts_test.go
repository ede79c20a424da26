package kesthttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
)

// recorder is a double for the network: it notes what would be sent, to hosts
// that do not exist.
type recorder struct{ sent http.Header }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.sent = request.Header
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: request}, nil
}

// TestTokenHosts: who gets the raw token, and who does not.
func TestTokenHosts(t *testing.T) {
	hosts := []string{"ledger.example.com", "Orders.example.com:8443", "std.example.com:443", "127.0.0.1:8080", "127.0.0.2", "[::1]:8080", "[::1]", "localhost", "10.0.0.1"}
	p := newPropagator(t, nil)
	for url, want := range map[string]bool{
		"https://ledger.example.com/":           true,
		"https://LEDGER.example.com/":           true,
		"https://ledger.example.com:443/":       true,
		"https://ledger.example.com:8443/":      false,
		"https://ledger.example.com:80/":        false,
		"http://ledger.example.com/":            false,
		"https://ledger.example.com.evil.com/":  false,
		"https://evil.ledger.example.com/":      false,
		"https://ledger.example.com./":          false,
		"https://ledger.example.com@evil.com/":  false,
		"https://evil.com/?ledger.example.com":  false,
		"https://evil.com/#ledger.example.com":  false,
		"https://orders.example.com:8443/":      true,
		"https://orders.example.com/":           false,
		"https://std.example.com/":              true,
		"https://std.example.com:443/":          true,
		"http://std.example.com/":               false,
		"http://127.0.0.1:8080/":                true,
		"https://127.0.0.1:8080/":               true,
		"http://127.0.0.1:8081/":                false,
		"http://127.0.0.1/":                     false,
		"http://127.0.0.2/":                     true,
		"http://127.0.0.2:80/":                  true,
		"http://127.0.0.2:8080/":                false,
		"http://[::1]:8080/":                    true,
		"http://[::1]/":                         true,
		"http://localhost/":                     true,
		"http://localhost.evil.com/":            false,
		"http://10.0.0.1/":                      false,
		"https://10.0.0.1/":                     true,
		"ftp://ledger.example.com/":             false,
		"https://\u212Aest.example.com/":        false,
		"https://ledger.example.com\u3002evil/": false,
	} {
		t.Run(url, func(t *testing.T) {
			network := &recorder{}
			transport := newTransport(t, kesthttp.TransportConfig{Lineage: p, Base: network, TokenHosts: append(hosts, "kest.example.com")})
			request, err := http.NewRequestWithContext(kest.WithToken(t.Context(), secret), http.MethodGet, url, nil)
			check(t, err)
			response, err := transport.RoundTrip(request)
			check(t, errors.Join(err, response.Body.Close()))
			if got := network.sent.Get("Authorization"); (got == "Bearer "+secret) != want || got != "" && !want {
				t.Errorf("Authorization: %q", got)
			}
			if len(response.Request.Header["Authorization"]) > 0 {
				t.Error("the response shows the token")
			}
		})
	}
}

// TestOwnAuthorization: a request keeps what it has, even if that is empty, and
// without a token none is sent.
func TestOwnAuthorization(t *testing.T) {
	network := &recorder{}
	transport := newTransport(t, kesthttp.TransportConfig{Lineage: newPropagator(t, nil), Base: network, TokenHosts: []string{"a.example"}})
	for name, test := range map[string]struct {
		ctx  context.Context
		own  []string
		want string
	}{
		"its own":       {kest.WithToken(t.Context(), secret), []string{"Basic x"}, "Basic x"},
		"an empty one":  {kest.WithToken(t.Context(), secret), []string{""}, ""},
		"switched off":  {kest.WithToken(t.Context(), secret), []string{}, ""},
		"no token":      {t.Context(), nil, ""},
		"an empty text": {kest.WithToken(t.Context(), ""), nil, ""},
	} {
		request, err := http.NewRequestWithContext(test.ctx, http.MethodGet, "https://a.example/", nil)
		check(t, err)
		if test.own != nil {
			request.Header["Authorization"] = test.own
		}
		response, err := transport.RoundTrip(request)
		check(t, errors.Join(err, response.Body.Close()))
		if got := network.sent.Get("Authorization"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestRedirectsDoNotLeakTheToken: from an allowed host to another one, with a
// client that follows.
func TestRedirectsDoNotLeakTheToken(t *testing.T) {
	authorization := make(chan string, 10)
	note := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { authorization <- r.Header.Get("Authorization") })
	foreign := serve(t, note)
	allowed := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(w, r)
		switch r.URL.Path {
		case "/foreign":
			http.Redirect(w, r, foreign.URL, http.StatusTemporaryRedirect)
		case "/back":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		}
	}))
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{
		Lineage: newPropagator(t, nil), TokenHosts: []string{strings.TrimPrefix(allowed.URL, "http://")},
	})}
	ctx := kest.WithToken(gatewayContext(t), secret)
	for path, second := range map[string]string{"/foreign": "", "/back": "Bearer " + secret} {
		do(t, client, ctx, allowed.URL+path)
		if got := <-authorization; got != "Bearer "+secret {
			t.Errorf("%s: the allowed host got %q", path, got)
		}
		if got := <-authorization; got != second {
			t.Errorf("%s: the next host got %q, want %q", path, got, second)
		}
	}
}

// TestTokenIsInNoError: whatever fails.
func TestTokenIsInNoError(t *testing.T) {
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: newPropagator(t, nil), TokenHosts: []string{"127.0.0.1:1"}})}
	for _, token := range []string{secret, secret + "\n", secret + "é"} {
		response, err := try(kest.WithToken(t.Context(), token), client, "http://127.0.0.1:1/")
		if err == nil {
			response.Body.Close()
			t.Fatal("nobody listens, and somebody answered")
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error has the token: %v", err)
		}
	}
}

// TestConfigurationThatIsRefused: all problems at once.
func TestConfigurationThatIsRefused(t *testing.T) {
	_, err := kesthttp.NewTransport(kesthttp.TransportConfig{TokenHosts: []string{
		"", "*", "*.example.com", "https://a.example", "a.example/", "a.example/x", "u@a.example", "a.example?x", "a.example#x",
		"a b", "a.example:", "a.example:x", "a.example:0", "a.example:65536", ":80", "ä.example", "[::1", "%zz",
	}})
	if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "set Lineage") || strings.Count(err.Error(), "TokenHosts") != 18 {
		t.Errorf("got %v", err)
	}
}
