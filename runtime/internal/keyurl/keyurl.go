// Package keyurl has what is the same wherever keys are fetched from a URL: which
// URLs and clients may be configured, and what of a URL an error may show. Whoever
// can answer in place of the server gives out keys of their own, and a URL may hold
// a secret.
package keyurl

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kestgo/kest/runtime/internal/loopback"
)

// Check parses a URL with https, or with http on the loopback interface or, with
// insecureHTTP, everywhere. It has a host, and neither a user nor a fragment. name
// is what errors call it, and example what they recommend.
func Check(name, text, example string, insecureHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The cause, and not the *url.Error around it, which prints the URL: it
		// may hold a password.
		return nil, fmt.Errorf("%s cannot be parsed: %w: write one like %s", name, WithoutURL(err), example)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%s has a user or password: use a Client with a TLS certificate", name)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s is neither https nor http: write one like %s", name, example)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%s has no host: write one like %s", name, example)
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("%s has a fragment: write one like %s", name, example)
	case u.Scheme == "http" && !insecureHTTP && !loopback.Is(u.Hostname()):
		return nil, fmt.Errorf("%s is http, so that everybody between here and %s could give out keys: use https", name, u.Hostname())
	}
	return u, nil
}

// Shown is the URL for errors and logs: without its query, which may hold a secret.
func Shown(u *url.URL) string {
	shown := *u
	shown.RawQuery, shown.ForceQuery = "", false
	return shown.String()
}

// WithoutURL takes the *url.Error away, which prints the URL with its query.
func WithoutURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// Transport is that of the client, or one of our own if it has none. A transport
// that takes any certificate is an error; name is what that calls the client.
func Transport(name string, client *http.Client) (http.RoundTripper, error) {
	if client == nil || client.Transport == nil {
		// Not http.DefaultTransport, which takes proxies from the environment.
		return &http.Transport{
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        90 * time.Second,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		}, nil
	}
	if transport, ok := client.Transport.(*http.Transport); ok {
		// SPIFFE's configuration has its own check in place of the usual one.
		tls := transport.TLSClientConfig
		if tls != nil && tls.InsecureSkipVerify && tls.VerifyPeerCertificate == nil && tls.VerifyConnection == nil {
			return nil, fmt.Errorf("%s takes any certificate (InsecureSkipVerify), so that anybody could give out keys: set RootCAs", name)
		}
	}
	return client.Transport, nil
}
