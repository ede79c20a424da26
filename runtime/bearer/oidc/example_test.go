package oidc_test

import (
	"context"
	"errors"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// Without the provider's keys there is no Authenticator. Here nobody listens where
// the provider should be.
func ExampleNew() {
	_, err := oidc.New(context.Background(), oidc.Config{
		Issuer:    "http://127.0.0.1:1",
		Audiences: []string{"https://ledger.example.org"},
	})
	fmt.Println(errors.Is(err, kest.ErrConfig), errors.Is(err, bearer.ErrUnavailable))
	// Output: true true
}

// A token that is not valid is told from one that cannot be checked now.
func ExampleAuthenticator_Authenticate() {
	authenticator, err := oidc.New(context.Background(), oidc.Config{
		Issuer:    "https://login.example.org",
		KeysURL:   "http://127.0.0.1:1/keys", // nobody listens there
		Audiences: []string{"https://ledger.example.org"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = authenticator.Authenticate(context.Background(), "eyJhbGciOiJub25lIn0.e30.")
	fmt.Println(err)
	_, err = authenticator.Authenticate(context.Background(), "eyJhbGciOiJFUzI1NiJ9.e30.AAAA")
	fmt.Println(errors.Is(err, bearer.ErrUnavailable))
	// Output:
	// bearer: invalid token: it is signed with an algorithm that is not one of Algorithms, or not at all
	// true
}
