package kesthttp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

var errDown = errors.New("connection refused by 10.1.2.3")

// downKeys and downCache are doubles that do not answer.
type downKeys struct{}

func (downKeys) Keys(context.Context, string, string) ([]kest.Key, error) { return nil, errDown }

type downCache struct{}

func (downCache) Put(context.Context, string, []byte, time.Duration) error { return errDown }
func (downCache) Get(context.Context, string) ([]byte, error)              { return nil, errDown }

// asIs sends requests with headers that a propagator wrote and somebody changed.
func asIs(t *testing.T, p *kestpropagation.Propagator, hops int, change func(http.Header)) func(*http.Request) {
	t.Helper()
	header := make(http.Header)
	check(t, p.Send(chain(t, gatewayContext(t), hops), propagation.HeaderCarrier(header)))
	if change != nil {
		change(header)
	}
	return func(r *http.Request) { r.Header = header }
}

// TestRefusedRequests is the table of what is refused before the handler: each
// with its status, a problem document, and a handler that did not run.
func TestRefusedRequests(t *testing.T) {
	cached := withCache(t)
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	baggage := func(value string) func(http.Header) { return set("baggage", value) }
	good := set("Authorization", "Bearer "+secret+"/alice//")
	authorization := func(values ...string) func(http.Header) {
		return func(h http.Header) { h["Authorization"] = values }
	}
	for name, test := range map[string]struct {
		hops   int
		change func(http.Header)
		config func(*kestpropagation.Config)
		tokens bearer.Authenticator
		status int
		kind   string
	}{
		"malformed passport":    {1, baggage("kest.passport=x"), nil, nil, 400, "lineage-malformed"},
		"empty passport":        {1, baggage("kest.passport=[]"), nil, nil, 400, "lineage-malformed"},
		"baggage dropped":       {1, baggage(""), nil, nil, 400, "lineage-malformed"},
		"baggage too long":      {0, baggage("x=" + strings.Repeat("x", 9000)), nil, nil, 400, "lineage-malformed"},
		"too many members":      {0, baggage(strings.Repeat("x=y,", 65)), nil, nil, 400, "lineage-malformed"},
		"passport twice":        {1, func(h http.Header) { h.Add("baggage", h.Get("baggage")) }, nil, nil, 400, "lineage-malformed"},
		"mark twice":            {1, func(h http.Header) { h.Add("kest-lineage", "1") }, nil, nil, 400, "lineage-malformed"},
		"empty mark before one": {0, func(h http.Header) { h["Kest-Lineage"] = []string{"", "1"} }, nil, nil, 400, "lineage-malformed"},
		"altered entry":         {1, func(h http.Header) { h.Set("baggage", strings.Replace(h.Get("baggage"), ".eyJ", ".fyJ", 1)) }, nil, nil, 403, "lineage-invalid"},
		"another trace":         {1, set("traceparent", "00-00000000000000000000000000000002-0000000000000001-01"), nil, nil, 403, "lineage-invalid"},
		"unknown signer":        {1, nil, func(c *kestpropagation.Config) { c.Verifier = verifier(t, ledger) }, nil, 403, "lineage-invalid"},
		"expired claim check":   {0, baggage("kest.claim_check=7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11"), nil, nil, 403, "lineage-invalid"},
		"dead key source":       {1, nil, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} }, nil, 503, "lineage-unavailable"},
		"dead cache":            {30, nil, func(c *kestpropagation.Config) { c.Cache = downCache{} }, nil, 503, "lineage-unavailable"},
		"no cache":              {30, nil, func(c *kestpropagation.Config) { c.Cache = nil }, nil, 503, "lineage-unavailable"},
		"broken verifier": {1, nil, func(c *kestpropagation.Config) {
			c.Verifier = &kest.Verifier{Keys: verifier(t, gateway).Keys, Origins: map[string]int{"internal": 0}}
		}, nil, 500, "configuration"},

		"no token":            {1, nil, nil, authenticator{}, 401, "token"},
		"two tokens":          {1, authorization("Bearer "+secret+"/a//", "Bearer "+secret+"/b//"), nil, authenticator{}, 401, "token"},
		"another scheme":      {1, authorization("Basic " + secret), nil, authenticator{}, 401, "token"},
		"a wrong token":       {1, authorization("Bearer " + secret), nil, authenticator{}, 401, "token"},
		"a token too long":    {0, authorization("Bearer " + secret + strings.Repeat("x", bearer.MaxTokenSize)), nil, authenticator{}, 401, "token"},
		"dead provider":       {1, good, nil, authenticator{bearer.ErrUnavailable}, 503, "token-unavailable"},
		"broken provider":     {1, good, nil, authenticator{errDown}, 503, "token-unavailable"},
		"no context":          {1, good, nil, authenticates{nil}, 500, "configuration"},
		"a context from afar": {1, good, nil, authenticates{context.Background()}, 500, "configuration"},
		"bad lineage first":   {1, baggage("kest.passport=x"), nil, authenticator{}, 400, "lineage-malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			served := newService()
			middleware := []kesthttp.Middleware{kesthttp.Lineage(newPropagator(t, func(c *kestpropagation.Config) {
				cached(c)
				if test.config != nil {
					test.config(c)
				}
			}))}
			if test.tokens != nil {
				middleware = append(middleware, kesthttp.Identity(test.tokens))
			}
			server := serve(t, around(t, served, middleware...))
			got := do(t, server.Client(), t.Context(), server.URL, asIs(t, newPropagator(t, cached), test.hops, test.change))
			got.wantProblem(t, test.status, test.kind)
			for _, leaked := range []string{secret, "10.1.2.3", gateway, "kest.passport"} {
				if strings.Contains(got.body, leaked) {
					t.Errorf("the document says %q: %s", leaked, got.body)
				}
			}
			served.didNotRun(t)
		})
	}
}

// authenticates is a double that gives a context of its own.
type authenticates struct{ ctx context.Context }

func (a authenticates) Authenticate(context.Context, string) (context.Context, error) {
	return a.ctx, nil
}

// TestHooksThatFail: the function does not run, and WriteError says what kind of
// failure it was.
func TestHooksThatFail(t *testing.T) {
	failing := func(failure error) kest.Engine {
		return kesttest.Func(func(_ context.Context, policy string, _ *kest.PolicyInput) (bool, error) {
			return false, &kest.PolicyError{Policy: policy, Failure: failure, Err: errors.New("it quotes " + secret)}
		})
	}
	for name, test := range map[string]struct {
		engine kest.Engine
		status int
		kind   string
	}{
		"denied":             {kesttest.Deny(), 403, "denied"},
		"unreachable engine": {failing(kest.ErrPolicyUnreachable), 503, "policy-unavailable"},
		"no decision":        {failing(kest.ErrPolicyMalformed), 403, "denied"},
		"unknown policy":     {failing(kest.ErrPolicyUnknown), 403, "denied"},
	} {
		t.Run(name, func(t *testing.T) {
			served := newService()
			p := newPropagator(t, nil)
			inner := kesthttp.Runtime(newRuntime(t, ledger, test.engine))(served)
			server := serve(t, around(t, inner, kesthttp.Lineage(p)))
			got := do(t, server.Client(), t.Context(), server.URL, asIs(t, p, 1, nil))
			problem := got.wantProblem(t, test.status, test.kind)
			if problem.EntryID == "" || !strings.Contains(logged.String(), problem.EntryID) {
				t.Errorf("entry id %q, which is to be in the log", problem.EntryID)
			}
			if strings.Contains(got.body, secret) || strings.Contains(got.body, "kest/allow") {
				t.Errorf("the document says too much: %s", got.body)
			}
			if served.requests.Load() != 1 || served.bodies.Load() != 0 {
				t.Error("the function ran, or its handler did not")
			}
		})
	}
	t.Run("no runtime", func(t *testing.T) {
		served := newService()
		server := serve(t, around(t, kesthttp.Runtime(nil)(served)))
		do(t, server.Client(), t.Context(), server.URL).wantProblem(t, 500, "configuration")
		if served.bodies.Load() != 0 {
			t.Error("the function ran")
		}
	})
}

// TestEmptyMiddleware: without what it needs it refuses everything.
func TestEmptyMiddleware(t *testing.T) {
	for name, middleware := range map[string]kesthttp.Middleware{
		"Lineage":  kesthttp.Lineage(nil),
		"Identity": kesthttp.Identity(nil),
	} {
		t.Run(name, func(t *testing.T) {
			served := newService()
			server := serve(t, around(t, served, middleware))
			do(t, server.Client(), t.Context(), server.URL, withToken(secret+"/alice//")).wantProblem(t, 500, "configuration")
			served.didNotRun(t)
		})
	}
	t.Run("SendBack", func(t *testing.T) {
		server := serve(t, around(t, newService(), kesthttp.SendBack(nil)))
		do(t, server.Client(), t.Context(), server.URL).wantProblem(t, 500, "configuration")
	})
}

// TestChallenge: what RFC 6750, section 3.1, asks of a 401.
func TestChallenge(t *testing.T) {
	server := serve(t, around(t, newService(), kesthttp.Identity(authenticator{})))
	if got := do(t, server.Client(), t.Context(), server.URL).Header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("without a token: %q", got)
	}
	if got := do(t, server.Client(), t.Context(), server.URL, withToken("x")).Header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
		t.Errorf("with a wrong token: %q", got)
	}
}
