// Package jws reads and writes the one form of signature that Kest uses: JWS
// in compact serialization (RFC 7515) with Ed25519 (RFC 8037), PROTOCOL §5.
//
// A general JOSE library lets the token choose among algorithms, keys and
// spellings, and each choice is a way to make a token that one reader accepts
// and another understands differently. Here a token has exactly one spelling
// of each segment, one algorithm, a key that the reader brings, and no
// extension: Parse(t) succeeds only if t can be put together again from its
// parts, byte for byte.
//
// An entry's header has the typ "JWS". A signature over anything else is a
// [Detached] one with a typ of its own (RFC 8725 section 3.11), so that what was
// signed for one purpose is never taken for another.
//
// The package knows nothing of payloads: whether one is canonical JSON and a
// valid entry is for package kest to say.
package jws

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// MaxSize is the length in bytes of the longest token that [Parse] reads.
const MaxSize = 64 << 10

// ErrKeyID: a key id cannot be written into a header, not being UTF-8.
var ErrKeyID = errors.New("key id is not valid UTF-8: use the thumbprint of the key")

// b64 is base64url without padding that refuses non-zero trailing bits.
var b64 = base64.RawURLEncoding.Strict()

// Thumbprint returns the RFC 7638 thumbprint of an Ed25519 public key (32
// bytes), which is the key id of Kest: the SHA-256 of the key's JWK, in 43
// characters of base64url (RFC 8037 appendix A.3).
func Thumbprint(pub ed25519.PublicKey) string {
	jwk := make([]byte, 0, 96)
	jwk = append(jwk, `{"crv":"Ed25519","kty":"OKP","x":"`...)
	jwk = b64.AppendEncode(jwk, pub)
	jwk = append(jwk, `"}`...)
	sum := sha256.Sum256(jwk)
	return b64.EncodeToString(sum[:])
}

// entryType is the typ of entries.
const entryType = "JWS"

// EncodeHeader returns the first segment of the tokens signed with the key of
// that id: the base64url of the canonical {"alg":"EdDSA","kid":…,"typ":"JWS"}.
// It is the same for all of them, so encode it once. The error is [ErrKeyID].
func EncodeHeader(kid string) (string, error) {
	header, ok := strictjson.AppendQuoted([]byte(headerToKeyID), kid)
	if !ok {
		return "", ErrKeyID
	}
	return b64.EncodeToString(append(header, headerFromKeyID...)), nil
}

// The canonical header but for the kid, a JSON string.
const (
	headerToKeyID   = `{"alg":"EdDSA","kid":`
	headerFromKeyID = `,"typ":"` + entryType + `"}`
)

// AppendSigningInput appends what is signed: the header as [EncodeHeader]
// returns it, a dot and the base64url of the payload (RFC 7515 section 5.1).
func AppendSigningInput(dst []byte, encodedHeader string, payload []byte) []byte {
	dst = append(dst, encodedHeader...)
	dst = append(dst, '.')
	return b64.AppendEncode(dst, payload)
}

// AppendSignature makes a signing input a token: it appends a dot and the
// base64url of the signature (64 bytes, ed25519.Sign).
func AppendSignature(dst, sig []byte) []byte {
	dst = append(dst, '.')
	return b64.AppendEncode(dst, sig)
}
