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

func ExampleParseDetached() {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	pub := key.Public().(ed25519.PublicKey)
	file := []byte("approved: everything in this file\n")

	header, err := jws.EncodeDetachedHeader(jws.Thumbprint(pub), "approval+jws")
	if err != nil {
		fmt.Println(err)
		return
	}
	token := jws.AppendSignature([]byte(header+"."), ed25519.Sign(key, jws.AppendSigningInput(nil, header, file)))

	d, err := jws.ParseDetached(string(token), "approval+jws")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.KeyID == jws.Thumbprint(pub))
	fmt.Println(d.Verify(pub, file))
	fmt.Println(d.Verify(pub, append(file, '\n')))
	_, err = jws.Parse(string(token))
	fmt.Println("as an entry:", err)
	// Output:
	// true
	// true
	// false
	// as an entry: header typ is not that of this kind of signature: it must be "JWS"
}
