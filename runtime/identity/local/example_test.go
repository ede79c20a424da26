package local_test

import (
	"encoding/json"
	"fmt"
	"log/slog"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/identity/local"
)

// A process that signs publishes its key for those that verify.
func ExampleNew() {
	identity, err := local.New(
		local.WithWorkloadID("spiffe://example.org/payments"),
		local.WithLogger(slog.New(slog.DiscardHandler)), // leave this out to see the warning
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := kest.NewKeySet(identity.Key())
	if err != nil {
		fmt.Println(err)
		return
	}
	jwks, err := json.Marshal(keys)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(keys.Len(), "key of", identity.Key().Subject, "in a JWK Set:", json.Valid(jwks))
	// Output: 1 key of spiffe://example.org/payments in a JWK Set: true
}
