package kesthttp

import (
	"errors"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TransportConfig says what a client sends along.
type TransportConfig struct {
	// Lineage sends the passport of the request's context. Required.
	Lineage *kestpropagation.Propagator
	// Base sends the requests; nil is http.DefaultTransport.
	Base http.RoundTripper
	// TokenHosts may have the raw bearer token of the context (kest.Token), as a
	// request's Authorization header: "ledger.example.com" for the default ports,
	// or with one, "127.0.0.1:8080". Over http only a loopback address gets it. A
	// request that has an Authorization header keeps its own.
	TokenHosts []string
	// TakeBack verifies the lineage that an answer brings back (see SendBack): the
	// collectors of the request's context note it (see kest.Collect), and
	// response.Request.Context() has it as a branch for kest.Join. An answer whose
	// lineage does not verify is an error of the request. An answer that brings
	// none is taken, as one in which no hook ran.
	TakeBack bool
}

// Transport is an http.RoundTripper that sends lineage along. It is immutable
// and safe for concurrent use.
type Transport struct {
	config TransportConfig
	tokens tokenHosts
}

var _ http.RoundTripper = (*Transport)(nil)

// NewTransport checks a configuration. The error matches [kest.ErrConfig].
func NewTransport(config TransportConfig) (*Transport, error) {
	var problems []error
	if config.Lineage == nil {
		problems = append(problems, errors.New("no propagator: set Lineage"))
	}
	tokens := make(tokenHosts)
	for _, host := range config.TokenHosts {
		if err := tokens.add(host); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: transport: %w", kest.ErrConfig, errors.Join(problems...))
	}
	if config.Base == nil {
		config.Base = http.DefaultTransport
	}
	return &Transport{config, tokens}, nil
}

// RoundTrip implements http.RoundTripper. A request whose lineage cannot be sent
// is not sent; the error then matches [kest.ErrLineage]. One about the lineage of
// an answer does too, and [kestpropagation.ErrAnswer] if the answer is at fault.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t == nil || t.config.Lineage == nil {
		closeBody(request)
		return nil, fmt.Errorf("%w: the transport is empty: make it with kesthttp.NewTransport", kest.ErrConfig)
	}
	ctx := request.Context()
	own := request.Clone(ctx)
	if own.Header == nil {
		own.Header = make(http.Header)
	}
	if err := t.config.Lineage.Send(ctx, propagation.HeaderCarrier(own.Header)); err != nil {
		closeBody(request)
		return nil, err
	}
	if token := kest.Token(ctx); token != "" && t.tokens.allow(own.URL) {
		if _, has := own.Header["Authorization"]; !has {
			own.Header.Set("Authorization", "Bearer "+token)
		}
	}
	response, err := t.config.Base.RoundTrip(own)
	if err != nil || response == nil { // http.Client says what nil means
		return response, err
	}
	response.Request = request // as the caller made it: without the token
	if t.config.TakeBack {
		return t.takeBack(response)
	}
	return response, nil
}

// takeBack verifies the lineage of an answer.
func (t *Transport) takeBack(response *http.Response) (*http.Response, error) {
	ctx := response.Request.Context()
	answer, found, err := t.config.Lineage.ReceiveBack(ctx, propagation.HeaderCarrier(response.Header))
	if err != nil {
		_ = response.Body.Close() // nobody reads it
		return nil, fmt.Errorf("the answer of %s: %w", response.Request.URL.Host, err)
	}
	if found {
		kest.Consume(ctx, answer)
		response.Request = response.Request.WithContext(answer)
	}
	return response, nil
}

// CloseIdleConnections closes those of Base, for http.Client's.
func (t *Transport) CloseIdleConnections() {
	if t == nil {
		return
	}
	if base, ok := t.config.Base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// closeBody is what a RoundTripper owes of a request that it does not send.
func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close() // it was not read
	}
}
