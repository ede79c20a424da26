package kestgrpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	grpcresolver "google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TestPeerIdentity: principals are taken from a peer whose certificate was
// verified, and from no other.
func TestPeerIdentity(t *testing.T) {
	own := certificate(t, "server")
	uri, uris, common, other := certificate(t, "x", gateway), certificate(t, "x", gateway, ledger), certificate(t, gateway), certificate(t, "x", ledger)
	stranger := certificate(t, "x", gateway)
	for name, test := range map[string]struct {
		client *tls.Certificate
		auth   tls.ClientAuthType
		want   string
	}{
		"verified":          {&uri, tls.RequireAndVerifyClientCert, "2 alice/"},
		"verified if given": {&uri, tls.VerifyClientCertIfGiven, "2 alice/"},
		"none given":        {nil, tls.VerifyClientCertIfGiven, "2 /"},
		"not verified":      {&stranger, tls.RequireAnyClientCert, "2 /"},
		"two URIs":          {&uris, tls.RequireAndVerifyClientCert, "2 /"},
		"a common name":     {&common, tls.RequireAndVerifyClientCert, "2 /"},
		"another peer":      {&other, tls.RequireAndVerifyClientCert, "2 /"},
	} {
		p := newPropagator(t, func(c *kestpropagation.Config) {
			c.TrustPrincipals = func(ctx context.Context, _ propagation.TextMapCarrier) bool {
				return kestgrpc.PeerIdentity(ctx) == gateway
			}
		})
		target := serve(t, newService(), kestgrpc.ServerConfig{Lineage: p}, grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{own}, ClientAuth: test.auth, ClientCAs: pool(uri, uris, common, other),
		})))
		config := &tls.Config{RootCAs: pool(own)}
		if test.client != nil {
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return test.client, nil }
		}
		client := dial(t, target, &kestgrpc.ClientConfig{Lineage: p}, grpc.WithTransportCredentials(credentials.NewTLS(config)))
		for kind, call := range kinds {
			if kind == "client stream" {
				continue // it answers with a number
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				ctx, err := kest.WithUser(gatewayContext(t), "alice")
				check(t, err)
				got, err := call(chain(t, ctx, 1), client)
				check(t, err)
				if got != test.want+" false" {
					t.Errorf("the function knew %q, want %q", got, test.want)
				}
			})
		}
	}
	for name, ctx := range map[string]context.Context{
		"no peer": t.Context(),
		"no TLS":  peer.NewContext(t.Context(), &peer.Peer{}),
	} {
		if got := kestgrpc.PeerIdentity(ctx); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestToken: who gets the raw token, and who does not.
func TestToken(t *testing.T) {
	p := newPropagator(t, nil)
	target := serve(t, newService(), kestgrpc.ServerConfig{Lineage: p, Identity: authenticator{}})
	token := secret + "/alice"
	for name, test := range map[string]struct {
		config  kestgrpc.ClientConfig
		token   string
		change  func(context.Context) context.Context
		options []grpc.CallOption
		code    codes.Code
	}{
		"sent":          {kestgrpc.ClientConfig{Lineage: p, SendToken: true}, token, nil, nil, codes.OK},
		"not asked for": {kestgrpc.ClientConfig{Lineage: p}, token, nil, nil, codes.Unauthenticated},
		"none":          {kestgrpc.ClientConfig{Lineage: p, SendToken: true}, "", nil, nil, codes.Unauthenticated},
		"own metadata": {kestgrpc.ClientConfig{Lineage: p, SendToken: true}, token, func(ctx context.Context) context.Context {
			return metadata.AppendToOutgoingContext(ctx, "Authorization", "Basic x")
		}, nil, codes.Unauthenticated},
		"own credentials": {kestgrpc.ClientConfig{Lineage: p, SendToken: true}, "wrong", nil, []grpc.CallOption{grpc.PerRPCCredentials(own("Bearer " + token))}, codes.OK},
	} {
		client := dial(t, target, &test.config)
		for kind, call := range kinds {
			t.Run(name+"/"+kind, func(t *testing.T) {
				ctx := kest.WithToken(gatewayContext(t), test.token)
				if test.change != nil {
					ctx = test.change(ctx)
				}
				_, err := call(ctx, client, test.options...)
				wantStatus(t, err, test.code)
			})
		}
	}
}

// own is what a caller sends itself.
type own string

func (o own) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": string(o)}, nil
}

func (o own) RequireTransportSecurity() bool { return false }

// TestTokenNeedsTLS: without it only what stays on the machine gets the token,
// by the name of its target.
func TestTokenNeedsTLS(t *testing.T) {
	p := newPropagator(t, nil)
	served := newService()
	address := serve(t, served, kestgrpc.ServerConfig{Lineage: p, Identity: authenticator{}})
	// Whatever the target, this is where the connection goes.
	dialer := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	})
	for target, allowed := range map[string]bool{
		"127.0.0.1:8080":                        true,
		"dns:///127.0.0.1:8080":                 true,
		"passthrough:///127.0.0.1:8080":         true,
		"passthrough:///[::1]:8080":             true,
		"passthrough:///localhost:8080":         true,
		"passthrough:///127.0.0.1":              true,
		"passthrough:127.0.0.1:8080":            true,
		"unix:" + filepath.Join("/", "socket"):  true,
		"passthrough:///10.0.0.1:8080":          false,
		"passthrough:///ledger:8080":            false,
		"passthrough:///localhost.evil:8080":    false,
		"passthrough:///127.0.0.1.evil:8080":    false,
		"passthrough:///evil/127.0.0.1:8080":    false,
		"passthrough://10.0.0.1/localhost:8080": false,
	} {
		t.Run(target, func(t *testing.T) {
			client := dial(t, target, &kestgrpc.ClientConfig{Lineage: p, SendToken: true}, dialer)
			before := served.requests.Load()
			_, err := client.UnaryCall(kest.WithToken(gatewayContext(t), secret+"/alice"), &testgrpc.SimpleRequest{})
			if allowed {
				check(t, err)
				return
			}
			wantStatus(t, err, codes.Unauthenticated)
			if served.requests.Load() != before {
				t.Error("the call was made")
			}
		})
	}
	t.Run("another resolver", func(t *testing.T) {
		// It may mean anything by its names.
		resolver := manual.NewBuilderWithScheme("own")
		resolver.InitialState(grpcresolver.State{Addresses: []grpcresolver.Address{{Addr: address}}})
		client := dial(t, "own:///127.0.0.1:8080", &kestgrpc.ClientConfig{Lineage: p, SendToken: true}, grpc.WithResolvers(resolver))
		_, err := client.UnaryCall(kest.WithToken(gatewayContext(t), secret+"/alice"), &testgrpc.SimpleRequest{})
		wantStatus(t, err, codes.Unauthenticated)
	})
	t.Run("TLS", func(t *testing.T) {
		own := certificate(t, "server")
		address = serve(t, newService(), kestgrpc.ServerConfig{Lineage: p, Identity: authenticator{}},
			grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{own}})))
		client := dial(t, "passthrough:///10.0.0.1:8080", &kestgrpc.ClientConfig{Lineage: p, SendToken: true}, dialer,
			grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool(own), ServerName: "127.0.0.1"})))
		_, err := client.UnaryCall(kest.WithToken(gatewayContext(t), secret+"/alice"), &testgrpc.SimpleRequest{})
		check(t, err)
	})
}

// TestTokenIsNotPrinted, by whoever logs the options of a call. Without a
// connection to look at, it needs TLS.
func TestTokenIsNotPrinted(t *testing.T) {
	interceptor := kestgrpc.UnaryClientInterceptor(kestgrpc.ClientConfig{Lineage: newPropagator(t, nil), SendToken: true})
	err := interceptor(kest.WithToken(gatewayContext(t), secret), "/method", nil, nil, nil,
		func(_ context.Context, _ string, _, _ any, _ *grpc.ClientConn, options ...grpc.CallOption) error {
			if text := fmt.Sprintf("%v %+v %#v", options, options, options); len(options) != 1 || strings.Contains(text, secret) {
				t.Errorf("the options: %s", text)
			}
			if credentials := options[0].(grpc.PerRPCCredsCallOption).Creds; !credentials.RequireTransportSecurity() {
				t.Error("without TLS")
			}
			return nil
		})
	check(t, err)
}

// TestTokenThatIsNone is not sent, and in no error.
func TestTokenThatIsNone(t *testing.T) {
	p := newPropagator(t, nil)
	served := newService()
	client := dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: p}), &kestgrpc.ClientConfig{Lineage: p, SendToken: true})
	for _, token := range []string{secret + "\r\nx: y", secret + " x", secret + "é", strings.Repeat(secret, bearer.MaxTokenSize)} {
		for kind, call := range kinds {
			_, err := call(kest.WithToken(gatewayContext(t), token), client)
			if !errors.Is(err, bearer.ErrInvalidToken) || strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("%s: got %v", kind, err)
			}
		}
	}
	served.didNotRun(t)
}
