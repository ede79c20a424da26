package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// TestEveryAlgorithm: what go-jose signs is valid where its algorithm is allowed, and
// nowhere else.
func TestEveryAlgorithm(t *testing.T) {
	curve := func(c elliptic.Curve) crypto.Signer {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		check(t, err)
		return key
	}
	rsaKey, p256, p384, p521 := pairs()["RS256"].private, pairs()["ES256"].private, curve(elliptic.P384()), curve(elliptic.P521())
	keys := map[jose.SignatureAlgorithm]crypto.Signer{
		"RS256": rsaKey, "RS384": rsaKey, "RS512": rsaKey, "PS256": rsaKey, "PS384": rsaKey, "PS512": rsaKey,
		"ES256": p256, "ES384": p384, "ES512": p521, "EdDSA": pairs()["EdDSA"].private,
	}
	// None of them says for which algorithm it is.
	i := newIssuer(t,
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "k"}, jose.JSONWebKey{Key: p256.Public(), KeyID: "k"},
		jose.JSONWebKey{Key: p384.Public(), KeyID: "k"}, jose.JSONWebKey{Key: p521.Public(), KeyID: "k"},
		jose.JSONWebKey{Key: keys["EdDSA"].Public(), KeyID: "k"})
	payload, err := json.Marshal(i.claims(nil))
	check(t, err)
	for algorithm, key := range keys {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
		check(t, err)
		jws, err := signer.Sign(payload)
		check(t, err)
		token, err := jws.CompactSerialize()
		check(t, err)
		var others []string
		for other := range keys {
			if other != algorithm {
				others = append(others, string(other))
			}
		}
		checkPrincipal(t, i.authenticator(t, oidc.Config{Algorithms: []string{string(algorithm)}}), token, "alice", "gateway", "read write")
		checkRefused(t, i.authenticator(t, oidc.Config{Algorithms: others}), token, bearer.ErrInvalidToken, "not one of Algorithms")
	}
}

// TestDefaultAlgorithms are those of the three kinds of keys.
func TestDefaultAlgorithms(t *testing.T) {
	for _, key := range pairs() {
		i := newIssuer(t, key.public())
		checkPrincipal(t, i.authenticator(t, oidc.Config{}), key.token(t, i.claims(nil)), "alice", "gateway", "read write")
	}
}

// TestKeyOfAnotherKind: a key without alg is for the algorithms of its kind alone.
func TestKeyOfAnotherKind(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, jose.JSONWebKey{Key: pairs()["RS256"].private.Public(), KeyID: key.id})
	a := i.authenticator(t, oidc.Config{})
	checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
}
