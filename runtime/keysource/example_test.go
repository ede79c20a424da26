package keysource_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/keysource"
)

// A verifier that believes one service, at the URL where that publishes its keys.
func ExampleNewURL() {
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	published, err := kest.NewKeySet(kest.Key{Subject: "spiffe://example.org/payments", Public: public})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		jwks, _ := published.MarshalJSON()
		_, _ = w.Write(jwks)
	}))
	defer server.Close()

	source, err := keysource.NewURL(keysource.URLConfig{
		URL:      server.URL + "/.well-known/kest-keys",
		Subjects: []string{"spiffe://example.org/payments"},
		Client:   server.Client(), // leave this out where the system knows the authority
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, workload := range []string{"spiffe://example.org/payments", "spiffe://example.org/orders"} {
		keys, err := source.Keys(context.Background(), workload, "")
		fmt.Println(workload, len(keys), err)
	}
	// Output:
	// spiffe://example.org/payments 1 <nil>
	// spiffe://example.org/orders 0 <nil>
}
