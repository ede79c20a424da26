package jws_test

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/kestgo/kest/runtime/jws"
)

func Example() {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	pub := key.Public().(ed25519.PublicKey)

	// Once for each key:
	header, err := jws.EncodeHeader(jws.Thumbprint(pub))
	if err != nil {
		fmt.Println(err)
		return
	}

	// For each entry, here with all of it in one buffer:
	token := jws.AppendSigningInput(nil, header, []byte(`{"operation":"transfer"}`))
	token = jws.AppendSignature(token, ed25519.Sign(key, token))

	// The reader finds the key by the id, in a source of its own.
	t, err := jws.Parse(string(token))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.KeyID == jws.Thumbprint(pub))
	fmt.Println(t.Verify(pub))
	fmt.Printf("%s\n", t.Payload)
	// Output:
	// true
	// true
	// {"operation":"transfer"}
}

func ExampleParse_refused() {
	// A newline that base64 decoders skip would give the token a second hash.
	_, err := jws.Parse("eyJhbGciOiJFZERTQSIsInR5cCI6IkpXUyJ9.e30.\n")
	fmt.Println(err)
	// Output: segment is not canonical unpadded base64url: it has a newline
}
