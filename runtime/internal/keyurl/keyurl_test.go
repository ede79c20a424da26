package keyurl_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kestgo/kest/runtime/internal/keyurl"
)

func TestCheck(t *testing.T) {
	const example = "https://example.org/keys"
	for text, want := range map[string]string{ // "" for no error
		"https://keys.example.org/x?tenant=1": "",
		"http://localhost:8080/x":             "",
		"http://127.0.0.2/x":                  "",
		"http://[::1]:8080/x":                 "",

		"https://bob:hunter2@[":             "KeysURL cannot be parsed: missing ']' in host: write one like " + example,
		"https://bob:hunter2@example.org":   "KeysURL has a user or password: use a Client with a TLS certificate",
		"file:///etc/keys?hunter2":          "KeysURL is neither https nor http: write one like " + example,
		"":                                  "KeysURL is neither https nor http: write one like " + example,
		"https:///keys?hunter2":             "KeysURL has no host: write one like " + example,
		"https://example.org/#":             "KeysURL has a fragment: write one like " + example,
		"http://example.org/?hunter2":       "KeysURL is http, so that everybody between here and example.org could give out keys: use https",
		"http://localhost.example.org/keys": "KeysURL is http, so that everybody between here and localhost.example.org could give out keys: use https",
		"http://0.0.0.0/keys":               "KeysURL is http, so that everybody between here and 0.0.0.0 could give out keys: use https",
	} {
		u, err := keyurl.Check("KeysURL", text, example, false)
		switch {
		case want == "" && (err != nil || u == nil || u.String() != text):
			t.Errorf("%s: got %v, %v", text, u, err)
		case want != "" && (err == nil || err.Error() != want || u != nil):
			t.Errorf("%s: got %v, %v, want %s", text, u, err, want)
		}
	}
	if _, err := keyurl.Check("KeysURL", "http://example.org/keys", example, true); err != nil {
		t.Errorf("http as asked for: %v", err)
	}
	if _, err := keyurl.Check("KeysURL", "ftp://example.org/keys", example, true); err == nil {
		t.Error("insecureHTTP allows more than http")
	}
}

// TestQueryIsNotShown, whose URL stays as it is.
func TestQueryIsNotShown(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.org/keys?token=hunter2": "https://example.org/keys",
		"https://example.org/keys?":              "https://example.org/keys",
		"https://example.org/a%2Fb":              "https://example.org/a%2Fb",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := keyurl.Shown(u); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if u.String() != text {
			t.Errorf("%s has become %s", text, u)
		}
	}
	err := &url.Error{Op: "Get", URL: "https://example.org/keys?token=hunter2", Err: context.Canceled}
	if got := keyurl.WithoutURL(err); got != context.Canceled {
		t.Errorf("got %v", got)
	}
	other := errors.New("another")
	if got := keyurl.WithoutURL(other); got != other {
		t.Errorf("got %v", got)
	}
}

type roundTripper struct{ http.RoundTripper }

func TestTransport(t *testing.T) {
	for name, client := range map[string]*http.Client{"no client": nil, "no transport": {}} {
		got, err := keyurl.Transport("the client", client)
		own, ok := got.(*http.Transport)
		if err != nil || !ok || own == http.DefaultTransport || own.Proxy != nil || own.TLSClientConfig != nil || own.MaxResponseHeaderBytes == 0 {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, transport := range map[string]http.RoundTripper{
		"as it is":              &http.Transport{},
		"private authorities":   &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}},
		"another round tripper": &roundTripper{},
		"a check of a connection": &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
			VerifyConnection: func(tls.ConnectionState) error { return nil }}},
		"a check of a certificate": &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
			VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return nil }}},
	} {
		got, err := keyurl.Transport("the client", &http.Client{Transport: transport})
		if err != nil || got != transport {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	got, err := keyurl.Transport("the client", &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}})
	if got != nil || err == nil || !strings.Contains(err.Error(), "the client takes any certificate (InsecureSkipVerify)") {
		t.Errorf("any certificate: got %v, %v", got, err)
	}
}
