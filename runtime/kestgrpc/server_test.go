package kestgrpc_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestgrpc"
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

// asIs is metadata that a propagator wrote and somebody changed.
func asIs(t *testing.T, p *kestpropagation.Propagator, hops int, change func(metadata.MD)) context.Context {
	t.Helper()
	header := make(http.Header)
	check(t, p.Send(chain(t, gatewayContext(t), hops), propagation.HeaderCarrier(header)))
	md := metadata.MD{}
	for name, values := range header {
		md.Set(name, values...)
	}
	if change != nil {
		change(md)
	}
	return metadata.NewOutgoingContext(t.Context(), md)
}

// TestRefusedCalls is the table of what is refused before the handler, for each
// kind of call.
func TestRefusedCalls(t *testing.T) {
	cached := withCache(t)
	set := func(name string, values ...string) func(metadata.MD) {
		return func(md metadata.MD) { md.Set(name, values...) }
	}
	drop := func(md metadata.MD) { md.Delete("baggage") }
	good := set("authorization", "Bearer "+secret+"/alice")
	for name, test := range map[string]struct {
		hops   int
		change func(metadata.MD)
		config func(*kestpropagation.Config)
		tokens bearer.Authenticator
		code   codes.Code
	}{
		"malformed passport":   {1, set("baggage", "kest.passport=x"), nil, nil, codes.InvalidArgument},
		"baggage dropped":      {1, drop, nil, nil, codes.InvalidArgument},
		"baggage too long":     {0, set("baggage", "x="+strings.Repeat("x", 9000)), nil, nil, codes.InvalidArgument},
		"passport twice":       {1, func(md metadata.MD) { md.Append("baggage", md.Get("baggage")...) }, nil, nil, codes.InvalidArgument},
		"mark twice":           {1, set("kest-lineage", "1", "1"), nil, nil, codes.InvalidArgument},
		"altered entry":        {1, func(md metadata.MD) { md.Set("baggage", strings.Replace(md.Get("baggage")[0], ".eyJ", ".fyJ", 1)) }, nil, nil, codes.PermissionDenied},
		"another trace":        {1, set("traceparent", "00-00000000000000000000000000000002-0000000000000001-01"), nil, nil, codes.PermissionDenied},
		"unknown signer":       {1, nil, func(c *kestpropagation.Config) { c.Verifier = verifier(t, ledger) }, nil, codes.PermissionDenied},
		"dead key source":      {1, nil, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} }, nil, codes.Unavailable},
		"dead cache":           {30, nil, func(c *kestpropagation.Config) { c.Cache = downCache{} }, nil, codes.Unavailable},
		"broken verifier":      {1, nil, func(c *kestpropagation.Config) { c.Verifier.Origins = map[string]int{"llm": 100} }, nil, codes.Internal},
		"no token":             {1, nil, nil, authenticator{}, codes.Unauthenticated},
		"two tokens":           {1, set("authorization", "Bearer "+secret+"/a", "Bearer "+secret+"/b"), nil, authenticator{}, codes.Unauthenticated},
		"a wrong token":        {1, set("authorization", "Bearer "+secret), nil, authenticator{}, codes.Unauthenticated},
		"another scheme":       {1, set("authorization", "Basic "+secret), nil, authenticator{}, codes.Unauthenticated},
		"dead provider":        {1, good, nil, authenticator{bearer.ErrUnavailable}, codes.Unavailable},
		"broken provider":      {1, good, nil, authenticator{errDown}, codes.Unavailable},
		"bad lineage at first": {1, drop, nil, authenticator{}, codes.InvalidArgument},
	} {
		served := newService()
		target := serve(t, served, kestgrpc.ServerConfig{Identity: test.tokens, Lineage: newPropagator(t, func(c *kestpropagation.Config) {
			cached(c)
			if test.config != nil {
				test.config(c)
			}
		})})
		client := dial(t, target, nil)
		for kind, call := range kinds {
			t.Run(name+"/"+kind, func(t *testing.T) {
				_, err := call(asIs(t, newPropagator(t, cached), test.hops, test.change), client)
				wantStatus(t, err, test.code)
				served.didNotRun(t)
			})
		}
	}
}

// TestEmptyConfigurations refuse every call.
func TestEmptyConfigurations(t *testing.T) {
	served := newService()
	target := serve(t, served, kestgrpc.ServerConfig{})
	for kind, call := range kinds {
		t.Run(kind, func(t *testing.T) {
			_, err := call(t.Context(), dial(t, target, nil))
			wantStatus(t, err, codes.Internal)
			if _, err := call(t.Context(), dial(t, target, &kestgrpc.ClientConfig{})); !errors.Is(err, kest.ErrConfig) {
				t.Errorf("the client gave %v", err)
			}
			served.didNotRun(t)
		})
	}
}

// TestHandlersThatFail: errors of this module become the status of their kind,
// and all others stay.
func TestHandlersThatFail(t *testing.T) {
	failing := func(failure error) kest.Engine {
		return kesttest.Func(func(_ context.Context, policy string, _ *kest.PolicyInput) (bool, error) {
			return false, &kest.PolicyError{Policy: policy, Failure: failure, Err: errors.New("it quotes " + secret)}
		})
	}
	for name, test := range map[string]struct {
		engine   kest.Engine
		unhooked error
		code     codes.Code
	}{
		"denied":               {kesttest.Deny(), nil, codes.PermissionDenied},
		"unreachable engine":   {failing(kest.ErrPolicyUnreachable), nil, codes.Unavailable},
		"no decision":          {failing(kest.ErrPolicyMalformed), nil, codes.PermissionDenied},
		"unknown policy":       {failing(kest.ErrPolicyUnknown), nil, codes.PermissionDenied},
		"its own status":       {kesttest.Allow(), status.Error(codes.AlreadyExists, "it exists"), codes.AlreadyExists},
		"its own error":        {kesttest.Allow(), errors.New("own"), codes.Unknown},
		"a deadline":           {kesttest.Allow(), context.DeadlineExceeded, codes.DeadlineExceeded},
		"canceled":             {kesttest.Allow(), context.Canceled, codes.Canceled},
		"an input":             {kesttest.Allow(), kest.ErrInput, codes.InvalidArgument},
		"an identity":          {kesttest.Allow(), kest.ErrIdentity, codes.Unavailable},
		"a wrong answer to it": {kesttest.Allow(), errors.Join(kestpropagation.ErrAnswer, kest.ErrLineageInvalid), codes.Internal},
	} {
		for _, sendBack := range []bool{false, true} {
			served := newService()
			if test.unhooked != nil {
				served.unhooked = func(context.Context) error { return test.unhooked }
			}
			p := newPropagator(t, nil)
			target := serve(t, served, kestgrpc.ServerConfig{Lineage: p, Runtime: newRuntime(t, ledger, test.engine), SendBack: sendBack})
			client := dial(t, target, &kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
			for kind, call := range kinds {
				t.Run(name+"/"+kind, func(t *testing.T) {
					ctx, consumed := kest.Collect(gatewayContext(t))
					_, err := call(ctx, client)
					wantStatus(t, err, test.code)
					if served.bodies.Load() != 0 || consumed.Passport().Len() != 0 {
						t.Error("the function ran, or was collected")
					}
					if name == "denied" {
						_, id, _ := strings.Cut(status.Convert(err).Message(), "(entry ")
						if id = strings.TrimSuffix(id, ")"); len(id) != 36 || !strings.Contains(logged.String(), id) {
							t.Errorf("entry id %q, which is to be in the log", id)
						}
					}
				})
			}
		}
	}
}

// TestIdentity: on whose behalf, over what arrived.
func TestIdentity(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) {
		c.TrustPrincipals = func(_ context.Context, carrier propagation.TextMapCarrier) bool {
			return slices.Contains(carrier.Keys(), "baggage")
		}
	})
	for name, test := range map[string]struct {
		tokens bearer.Authenticator
		want   string
	}{
		"a token":        {authenticator{}, "2 alice/ true"},
		"a trusted peer": {nil, "2 mallory/evil false"},
	} {
		client := dial(t, serve(t, newService(), kestgrpc.ServerConfig{Lineage: p, Identity: test.tokens}), nil)
		for kind, call := range kinds {
			if kind == "client stream" {
				continue // it answers with a number
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				got, err := call(asIs(t, p, 1, func(md metadata.MD) {
					md.Append("baggage", "kest.user=mallory,kest.agent=evil") // several values are one header
					md.Set("authorization", "Bearer "+secret+"/alice")
				}), client)
				check(t, err)
				if got != test.want {
					t.Errorf("the function knew %q, want %q", got, test.want)
				}
			})
		}
	}
}

// TestStatusOf is the table of every kind of error.
func TestStatusOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		code codes.Code
	}{
		{kest.ErrConfig, codes.Internal},
		{kest.ErrLineageMalformed, codes.InvalidArgument},
		{kest.ErrLineageInvalid, codes.PermissionDenied},
		{kest.ErrLineageUnavailable, codes.Unavailable},
		{kest.ErrLineage, codes.PermissionDenied},
		{errors.Join(kestpropagation.ErrAnswer, kest.ErrLineageMalformed), codes.Internal},
		{bearer.ErrInvalidToken, codes.Unauthenticated},
		{bearer.ErrUnavailable, codes.Unavailable},
		{kest.ErrDenied, codes.PermissionDenied},
		{kest.ErrPolicyUnreachable, codes.Unavailable},
		{&kest.DeniedError{EntryID: "id", Policy: secret, Err: kest.ErrPolicyMalformed}, codes.PermissionDenied},
		{kest.ErrIdentity, codes.Unavailable},
		{kest.ErrInput, codes.InvalidArgument},
	} {
		s, ok := kestgrpc.StatusOf(test.err)
		if !ok {
			t.Errorf("%v: not one of this module", test.err)
			continue
		}
		wantStatus(t, s.Err(), test.code)
	}
	for _, err := range []error{nil, errors.New("x"), status.Error(codes.NotFound, "x"), context.Canceled} {
		if s, ok := kestgrpc.StatusOf(err); ok {
			t.Errorf("%v has the status %v", err, s)
		}
	}
}
