package jws

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// FuzzParse: nothing panics, and what is accepted has no second spelling: put
// together again from its parts it is the same token, and go-jose reads the
// same from it.
func FuzzParse(f *testing.F) {
	good := sign(goodHeader, goodPayload)
	for _, seed := range []string{
		good, good + "=", good[:len(good)-1], "", "..", ".", "a.b.c",
		sign(`{"typ": "JWS", "alg": "EdDSA"}`, ""),
		sign(`{"alg":"EdDSA","\u006bid":"\ud83d\ude00","typ":"JWS"}`, "\x00"),
		sign(`{"alg":"EdDSA","alg":"none","typ":"JWS"}`, goodPayload),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := Parse(text)
		if err != nil {
			if token != nil {
				t.Fatalf("%q: a token beside %v", text, err)
			}
			return
		}
		again := AppendSigningInput(nil, base64.RawURLEncoding.EncodeToString(token.header), token.Payload)
		again = AppendSignature(again, token.Signature)
		if string(again) != text {
			t.Fatalf("%q\nbecame %q", text, again)
		}
		token.Verify(public(testKey))

		object, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatalf("go-jose refuses %q: %v", text, err)
		}
		if got := object.UnsafePayloadWithoutVerification(); !bytes.Equal(got, token.Payload) {
			t.Fatalf("%q: payload %q, go-jose has %q", text, token.Payload, got)
		}
		if object.Signatures[0].Header.KeyID != token.KeyID {
			t.Fatalf("%q: key id %q, go-jose has %q", text, token.KeyID, object.Signatures[0].Header.KeyID)
		}
	})
}
