package sidecar

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	// maxConnections bounds the connections to the server. Calls beyond it wait
	// for one, within their time-out, so that a burst or a server that hangs does
	// not open one for each call.
	maxConnections = 128
	// maxHeader is the size in bytes of an answer's header at most.
	maxHeader = 64 << 10
)

// newTransport is for a server nearby. It has no proxy: HTTP_PROXY is not looked
// at. What it keeps is as many connections as it may have, so that calls at once
// do not make a new one each.
func newTransport(socket string, config *tls.Config, timeout time.Duration) *http.Transport {
	// A dial goes on when the call that wanted it has ended, and counts as a
	// connection: without a limit of its own it would do so for minutes.
	dialer := &net.Dialer{Timeout: timeout}
	var http1 http.Protocols
	http1.SetHTTP1(true)
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    timeout,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConnsPerHost:    maxConnections,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              &http1,
	}
	if socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		}
	}
	return transport
}

// ownTLS copies the user's TLS configuration and closes what would let another
// than the server answer.
func ownTLS(config *tls.Config) (*tls.Config, error) {
	if config == nil {
		config = new(tls.Config)
	}
	var problems []error
	if config.InsecureSkipVerify {
		problems = append(problems, errors.New("TLS.InsecureSkipVerify lets anybody answer in the server's place: set TLS.RootCAs to the CA of its certificate"))
	}
	if config.MaxVersion != 0 && config.MaxVersion < tls.VersionTLS12 {
		problems = append(problems, errors.New("TLS.MaxVersion is below TLS 1.2: leave it 0"))
	}
	own := config.Clone()
	own.MinVersion = max(own.MinVersion, tls.VersionTLS12)
	own.NextProtos = []string{"http/1.1"} // another one would not be understood
	return own, errors.Join(problems...)
}

// withoutRedirects copies the user's client, or makes one. One without a
// transport gets ours, since http.DefaultTransport takes proxies from the
// environment.
func withoutRedirects(client *http.Client, transport *http.Transport) *http.Client {
	if client == nil {
		client = new(http.Client)
	}
	own := *client
	if own.Transport == nil {
		own.Transport = transport
	}
	own.Transport = WithoutLocation(own.Transport)
	return &own
}

// WithoutLocation takes the target from every redirect, so that http.Client has
// nothing to follow, parse or print and gives back the answer as it is.
func WithoutLocation(next http.RoundTripper) http.RoundTripper { return noLocation{next} }

type noLocation struct{ next http.RoundTripper }

func (t noLocation) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if response != nil {
		response.Header.Del("Location")
	}
	return response, err
}
