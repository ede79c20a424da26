package kesthttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TestRoundTrip: a passport of any length arrives, and the next call extends it.
func TestRoundTrip(t *testing.T) {
	p := newPropagator(t, withCache(t))
	served := newService()
	server := serve(t, around(t, served, kesthttp.Lineage(p)))
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p})}
	for _, hops := range []int{0, 1, 4, 30} {
		ctx := chain(t, gatewayContext(t), hops)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		check(t, err)
		request.Header = nil // some callers have none
		response, err := client.Transport.RoundTrip(request)
		check(t, err)
		body, err := io.ReadAll(response.Body)
		check(t, errors.Join(err, response.Body.Close()))
		if got := (answer{response, string(body)}).seen(t); got.Entries != hops+1 {
			t.Errorf("%d hops: %d entries", hops, got.Entries)
		}
		if request.Header != nil {
			t.Errorf("the caller's request was changed: %v", request.Header)
		}
		if response.Request != request {
			t.Error("the response has another request than the caller's")
		}
	}
	client.CloseIdleConnections()
}

// body is a request's body that notes whether it was closed.
type body struct {
	io.Reader
	closed atomic.Bool
}

func (b *body) Close() error {
	b.closed.Store(true)
	return nil
}

// TestRequestsThatAreNotSent: a request whose lineage cannot be sent does not
// leave, and its body is closed.
func TestRequestsThatAreNotSent(t *testing.T) {
	served := newService()
	server := serve(t, served)
	p := newPropagator(t, nil)
	dead := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = downCache{} })
	var none *kesthttp.Transport
	for name, test := range map[string]struct {
		transport *kesthttp.Transport
		ctx       context.Context
		want      error
	}{
		"too large, no cache":   {newTransport(t, kesthttp.TransportConfig{Lineage: p}), chain(t, gatewayContext(t), 30), kest.ErrLineageUnavailable},
		"too large, dead cache": {newTransport(t, kesthttp.TransportConfig{Lineage: dead}), chain(t, gatewayContext(t), 30), kest.ErrLineageUnavailable},
		"refused":               {newTransport(t, kesthttp.TransportConfig{Lineage: p}), kest.Refuse(gatewayContext(t), errors.New("reason")), kest.ErrLineageInvalid},
		"zero":                  {new(kesthttp.Transport), gatewayContext(t), kest.ErrConfig},
		"nil":                   {none, gatewayContext(t), kest.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			sent := &body{Reader: strings.NewReader("body")}
			request, err := http.NewRequestWithContext(test.ctx, http.MethodPost, server.URL, sent)
			check(t, err)
			response, err := test.transport.RoundTrip(request)
			if response != nil || !errors.Is(err, test.want) {
				t.Errorf("got %v, %v", response, err)
			}
			if !sent.closed.Load() {
				t.Error("the body is open")
			}
			bare, err := http.NewRequestWithContext(test.ctx, http.MethodGet, server.URL, nil)
			check(t, err)
			if _, err := test.transport.RoundTrip(bare); !errors.Is(err, test.want) {
				t.Errorf("without a body: %v", err)
			}
			test.transport.CloseIdleConnections()
		})
	}
	served.didNotRun(t)
}

// TestBaseThatFails: its errors are given on.
func TestBaseThatFails(t *testing.T) {
	server := httptest.NewServer(newService())
	server.Close()
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: newPropagator(t, nil), TakeBack: true})}
	response, err := try(gatewayContext(t), client, server.URL)
	if err == nil {
		response.Body.Close()
		t.Error("a server that is not there answered")
	}
}

// TestPassedOnRequests: a reverse proxy sends its own lineage, and nothing of
// the one that its request came with.
func TestPassedOnRequests(t *testing.T) {
	p := newPropagator(t, nil)
	served := newService()
	server := serve(t, around(t, served, kesthttp.Lineage(p)))
	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p})}
	got := do(t, client, gatewayContext(t), server.URL, asIs(t, p, 3, func(h http.Header) {
		h.Set("baggage", h.Get("baggage")+",tenant=a")
	})).seen(t)
	if got.Entries != 1 {
		t.Errorf("%d entries, want the one of the server: the context has none", got.Entries)
	}
}
