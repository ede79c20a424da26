package jws

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// The key of RFC 8037 appendix A.1 and A.2.
var testKey = ed25519.NewKeyFromSeed(unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// sign makes a token of a header in JSON, as it stands, and a payload.
func sign(header, payload string) string {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(header))
	input := AppendSigningInput(nil, encoded, []byte(payload))
	return string(AppendSignature(input, ed25519.Sign(testKey, input)))
}

// RFC 8037 appendix A.3.
func TestThumbprint(t *testing.T) {
	if got, want := Thumbprint(public(testKey)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEncodeHeader(t *testing.T) {
	for kid, want := range map[string]string{
		"abc":  `{"alg":"EdDSA","kid":"abc","typ":"JWS"}`,
		"":     `{"alg":"EdDSA","kid":"","typ":"JWS"}`,
		"a\"€": `{"alg":"EdDSA","kid":"a\"€","typ":"JWS"}`,
	} {
		got, err := EncodeHeader(kid)
		if decoded, _ := base64.RawURLEncoding.DecodeString(got); err != nil || string(decoded) != want {
			t.Errorf("EncodeHeader(%q) = %s, %v; want %s", kid, decoded, err, want)
		}
	}
	if got, err := EncodeHeader("\xff"); !errors.Is(err, ErrKeyID) || got != "" {
		t.Errorf("EncodeHeader(bad UTF-8) = %s, %v", got, err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, payload := range []string{"", "{}", strings.Repeat("x", 40000)} {
		kid := Thumbprint(public(testKey))
		header, err := EncodeHeader(kid)
		if err != nil {
			t.Fatal(err)
		}
		input := AppendSigningInput(nil, header, []byte(payload))
		text := string(AppendSignature(input, ed25519.Sign(testKey, input)))
		token, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if token.KeyID != kid || !token.HasKeyID || string(token.Payload) != payload || len(token.Signature) != 64 {
			t.Errorf("%+v", token)
		}
		if !token.Verify(public(testKey)) {
			t.Error("does not verify")
		}

		other := ed25519.NewKeyFromSeed(make([]byte, 32))
		for name, key := range map[string]ed25519.PublicKey{
			"other": public(other), "nil": nil, "short": public(testKey)[:31], "long": append(public(testKey), 0),
		} {
			if token.Verify(key) {
				t.Errorf("verifies with the %s key", name)
			}
		}

		object, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := object.Verify(public(testKey)); err != nil || string(got) != payload {
			t.Errorf("go-jose: %s, %v", got, err)
		}
	}
}

func TestReadsGoJose(t *testing.T) {
	for _, kid := range []string{"", "spiffe://kest.internal/a"} {
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: testKey, KeyID: kid}},
			(&jose.SignerOptions{}).WithType("JWS"))
		if err != nil {
			t.Fatal(err)
		}
		object, err := signer.Sign([]byte(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		text, err := object.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		token, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if token.KeyID != kid || token.HasKeyID != (kid != "") || string(token.Payload) != `{"a":1}` || !token.Verify(public(testKey)) {
			t.Errorf("kid %q: %+v", kid, token)
		}
	}
}

// What other runtimes write is free in order and white space.
func TestFreeHeaders(t *testing.T) {
	for header, kid := range map[string]string{
		`{"alg": "EdDSA", "typ": "JWS", "kid": "spiffe://kest.internal/a"}`: "spiffe://kest.internal/a",
		`{"typ":"JWS","alg":"EdDSA"}`:                                       "",
		"\n{ \"alg\" :\t\"EdDSA\" , \"typ\" : \"JWS\" }\r\n":                "",
		`{"typ":"JWS","kid":"\u0061","alg":"EdDSA"}`:                        "a",
		`{"\u0061lg":"\u0045dDSA","typ":"JWS"}`:                             "",
	} {
		token, err := Parse(sign(header, "{}"))
		if err != nil || token.KeyID != kid || !token.Verify(public(testKey)) {
			t.Errorf("%s: %+v, %v", header, token, err)
		}
	}
}

// Any change of one character makes a token that does not parse or verify.
func TestEveryCharacterCounts(t *testing.T) {
	token := sign(`{"alg":"EdDSA","kid":"a","typ":"JWS"}`, `{"a":1}`)
	for i := range token {
		for _, c := range "Ab0-_.=\n" {
			changed := token[:i] + string(c) + token[i+1:]
			if changed == token {
				continue
			}
			if parsed, err := Parse(changed); err == nil && parsed.Verify(public(testKey)) {
				t.Errorf("accepted %s", changed)
			}
		}
	}
}
