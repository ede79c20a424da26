package kesthttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// These stand for what a program has: a function with a directive, a runtime, a
// propagator that believes the other services, and a provider of tokens.
var (
	transferHook = kest.MustHook(kest.HookConfig{Operation: "transfer", Policies: []string{"shop/trusted"}, Source: "internal"})
	fetchHook    = kest.MustHook(kest.HookConfig{Operation: "fetch", Policies: []string{"shop/trusted"}, Source: "internet", AddTaints: []string{"unverified"}})
	exampleRT    = must(kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(ledger)}))
	propagator   = must(kestpropagation.New(kestpropagation.Config{Verifier: &kest.Verifier{
		Keys: must(kest.NewKeySet(kesttest.Key(gateway), kesttest.Key(ledger))),
	}}))
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A server that demands a verified lineage and a valid token.
func Example() {
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(r.Context(), transferHook, func(ctx context.Context) {
			fmt.Fprintf(w, "%d entries, for %s", kest.PassportFromContext(ctx).Len(), kest.User(ctx))
		})
		if err != nil {
			kesthttp.WriteError(w, r, err)
		}
	}))
	handler = kesthttp.Identity(authenticator{})(handler)
	handler = kesthttp.Lineage(propagator)(handler)
	server := httptest.NewServer(kesthttp.Runtime(exampleRT)(handler))
	defer server.Close()

	transport, err := kesthttp.NewTransport(kesthttp.TransportConfig{
		Lineage:    propagator,
		TokenHosts: []string{server.Listener.Addr().String()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: transport}

	// In the gateway, inside a function of its own.
	ctx := kest.NewContext(context.Background(), must(kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(gateway)})))
	err = run(ctx, transferHook, func(ctx context.Context) {
		for _, token := range []string{"", "s3cret/alice/web/transfer"} {
			response := must(try(kest.WithToken(ctx, token), client, server.URL))
			defer response.Body.Close()
			fmt.Println(response.Status)
			if response.StatusCode == http.StatusOK {
				fmt.Println(string(must(io.ReadAll(response.Body))))
			}
		}
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 401 Unauthorized
	// 200 OK
	// 2 entries, for alice
}

// Fetch from another service, then work on what it gave: the next call has the
// taints of the answer.
func ExampleSendBack() {
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(r.Context(), fetchHook, func(context.Context) { fmt.Fprint(w, "a document") })
		if err != nil {
			kesthttp.WriteError(w, r, err)
		}
	}))
	handler = kesthttp.Lineage(propagator)(kesthttp.SendBack(propagator)(handler))
	server := httptest.NewServer(kesthttp.Runtime(exampleRT)(handler))
	defer server.Close()

	client := &http.Client{Transport: must(kesthttp.NewTransport(kesthttp.TransportConfig{Lineage: propagator, TakeBack: true}))}
	ctx, consumed := kest.Collect(kest.NewContext(context.Background(), exampleRT))
	response := must(try(ctx, client, server.URL))
	defer response.Body.Close()

	_ = run(consumed.Join(ctx), transferHook, func(ctx context.Context) {
		tokens := kest.PassportFromContext(ctx).Tokens()
		entry := must(kest.DecodeEntry(tokens[len(tokens)-1]))
		fmt.Println(len(tokens), "entries, taints", entry.Taints, "trust", entry.TrustScore)
	})
	// Output: 2 entries, taints [unverified] trust 10
}

// Principals that a peer checked, which shows a certificate.
func ExamplePeerIdentity() {
	config := kestpropagation.Config{
		Verifier: &kest.Verifier{Keys: must(kest.NewKeySet(kesttest.Key(gateway)))},
		TrustPrincipals: func(ctx context.Context, _ propagation.TextMapCarrier) bool {
			return kesthttp.PeerIdentity(ctx) == "spiffe://example.org/gateway"
		},
	}
	_, err := kestpropagation.New(config)
	fmt.Println(err)
	// Output: <nil>
}

// What a client is told of an error, and no more.
func ExampleProblemOf() {
	fmt.Printf("%+v\n", kesthttp.ProblemOf(fmt.Errorf("%w: it ran out at noon", bearer.ErrInvalidToken)))
	// Output: {Type:urn:kest:problem:token Title:The request has no valid token Status:401 Detail:Send a bearer token for this server. EntryID:}
}
