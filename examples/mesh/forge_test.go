package main

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
)

// What an attacker has who saw a request or an answer: entries, and the means to
// write headers of any kind.

// header is that of a request which is in a trace and has members of baggage.
func header(traceID string, members ...string) http.Header {
	h := http.Header{
		"Traceparent": {"00-" + traceID + "-00f067aa0ba902b7-01"},
		"Baggage":     {strings.Join(members, ",")},
	}
	if strings.Contains(h.Get("Baggage"), "kest.passport") || strings.Contains(h.Get("Baggage"), "kest.claim_check") {
		h.Set("Kest-Lineage", "1")
	}
	return h
}

// passport is the members of a passport whose tip is its last entry.
func passport(t *testing.T, tokens ...string) string {
	t.Helper()
	var compressed bytes.Buffer
	w := zlib.NewWriter(&compressed)
	if _, err := w.Write([]byte(`["` + strings.Join(tokens, `","`) + `"]`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "kest.passport_z=" + base64.RawURLEncoding.EncodeToString(compressed.Bytes()) +
		",kest.chain_tip=" + kest.Hash(tokens[len(tokens)-1])
}

// alter changes the payload of an entry, and leaves header and signature.
func alter(t *testing.T, token, old, new string) string {
	t.Helper()
	segments := strings.Split(token, ".")
	segments[1] = base64.RawURLEncoding.EncodeToString([]byte(altered(t, token, old, new)))
	return strings.Join(segments, ".")
}

// resign changes the payload of an entry, and signs it with a key of the
// attacker's own under a key id.
func resign(t *testing.T, token, old, new string, key ed25519.PrivateKey, kid string) string {
	t.Helper()
	header, err := jws.EncodeHeader(kid)
	if err != nil {
		t.Fatal(err)
	}
	input := jws.AppendSigningInput(nil, header, []byte(altered(t, token, old, new)))
	return string(jws.AppendSignature(bytes.Clone(input), ed25519.Sign(key, input)))
}

func altered(t *testing.T, token, old, new string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(payload), old) != 1 {
		t.Fatalf("%q does not stand once in %s", old, payload)
	}
	return strings.Replace(string(payload), old, new, 1)
}

// keyID is that of the header of an entry.
func keyID(t *testing.T, token string) string {
	t.Helper()
	parsed, err := jws.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.KeyID
}
