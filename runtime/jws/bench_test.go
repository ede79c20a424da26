package jws

import (
	"crypto/ed25519"
	"crypto/sha256"
	"strings"
	"testing"
)

// benchmarkToken is as long as an entry with a few labels: 1.7 KB.
func benchmarkToken(b *testing.B) string {
	header := `{"alg":"EdDSA","kid":"` + Thumbprint(public(testKey)) + `","typ":"JWS"}`
	token := sign(header, `{"a":"`+strings.Repeat("x", 1104)+`"}`)
	if len(token) < 1600 || len(token) > 1750 {
		b.Fatalf("token of %d bytes", len(token))
	}
	return token
}

func BenchmarkParse(b *testing.B) {
	token := benchmarkToken(b)
	b.SetBytes(int64(len(token)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHashVerify(b *testing.B) {
	token, key := benchmarkToken(b), public(testKey)
	b.ReportAllocs()
	for b.Loop() {
		t, err := Parse(token)
		if err != nil || !t.Verify(key) {
			b.Fatal(err)
		}
		sha256.Sum256([]byte(token))
	}
}

// BenchmarkBareVerify is what the envelope is measured against.
func BenchmarkBareVerify(b *testing.B) {
	t, err := Parse(benchmarkToken(b))
	if err != nil {
		b.Fatal(err)
	}
	key := public(testKey)
	for b.Loop() {
		if !ed25519.Verify(key, t.signed, t.Signature) {
			b.Fatal("does not verify")
		}
	}
}

func BenchmarkSign(b *testing.B) {
	header, err := EncodeHeader(Thumbprint(public(testKey)))
	if err != nil {
		b.Fatal(err)
	}
	payload := []byte(`{"a":"` + strings.Repeat("x", 1104) + `"}`)
	buf := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendSigningInput(buf[:0], header, payload)
		buf = AppendSignature(buf, ed25519.Sign(testKey, buf))
	}
}
