package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/internal/keyurl"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// fits says of which key an algorithm can be. An algorithm that is not here is
// never allowed: neither none, nor one with a shared secret, for which somebody
// could take a public key.
var fits = map[jose.SignatureAlgorithm]func(key any) bool{
	jose.RS256: isRSA, jose.RS384: isRSA, jose.RS512: isRSA,
	jose.PS256: isRSA, jose.PS384: isRSA, jose.PS512: isRSA,
	jose.ES256: isECDSA(elliptic.P256()), jose.ES384: isECDSA(elliptic.P384()), jose.ES512: isECDSA(elliptic.P521()),
	jose.EdDSA: func(key any) bool { k, ok := key.(ed25519.PublicKey); return ok && len(k) == ed25519.PublicKeySize },
}

// minRSA is what RFC 7518, section 3.3, demands, in bits.
const minRSA = 2048

func isRSA(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k.N.BitLen() >= minRSA
}

func isECDSA(curve elliptic.Curve) func(any) bool {
	return func(key any) bool {
		k, ok := key.(*ecdsa.PublicKey)
		return ok && k.Curve == curve
	}
}

// maxKeys bounds a set, and with it what a token without a kid costs.
const maxKeys = 64

// find gives the keys with which a signature of the algorithm can be checked: of
// the kid, or all of them if the token has none.
func find(keys []jose.JSONWebKey, kid string, algorithm jose.SignatureAlgorithm) []jose.JSONWebKey {
	var found []jose.JSONWebKey
	for _, key := range keys {
		if (kid == "" || key.KeyID == kid) && (key.Algorithm == "" || key.Algorithm == string(algorithm)) && fits[algorithm](key.Key) {
			found = append(found, key)
		}
	}
	return found
}

// parseKeys reads a JWK Set (RFC 7517). Keys of another kind or use are left out,
// as section 5 asks: a provider may have some for encryption, or for algorithms
// that are not known here. A set that can be understood in two ways, or that has
// no key to use, is an error.
func parseKeys(text []byte) ([]jose.JSONWebKey, error) {
	var keys []jose.JSONWebKey
	seen := 0
	read := func(value []byte) error {
		if seen++; seen > maxKeys {
			return fmt.Errorf("the set has more than %d keys", maxKeys)
		}
		key, err := parseKey(value)
		if err == nil && key != nil {
			keys = append(keys, *key)
		}
		return err
	}
	err := strictjson.Members(text, func(name string, value []byte) error {
		if name != "keys" {
			return nil
		}
		return strictjson.Elements(value, read)
	})
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New("the set has no key for signatures that can be used")
	}
	return keys, nil
}

// parseKey gives nil for a key that is none for us.
func parseKey(value []byte) (*jose.JSONWebKey, error) {
	var operations []string
	err := strictjson.Members(value, func(name string, value []byte) error {
		if name != "key_ops" {
			return nil
		}
		return strictjson.Strings(value, func(operation string) error {
			operations = append(operations, operation)
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, err
	case operations != nil && !slices.Contains(operations, "verify"):
		return nil, nil
	}
	var key jose.JSONWebKey
	if json.Unmarshal(value, &key) != nil {
		return nil, nil // of a type or curve that go-jose does not have
	}
	if key.Use != "" && key.Use != "sig" || !key.Valid() {
		return nil, nil
	}
	// A shared secret, and a key pair that the whole world now has, fit nothing.
	for _, usable := range fits {
		if usable(key.Key) {
			return &key, nil
		}
	}
	return nil, nil
}

// fetch asks for the set. It is good for MaxAge, whatever the provider says.
func (k *remoteKeys) fetch(ctx context.Context) (keys []jose.JSONWebKey, age time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.location, nil)
	if err != nil {
		return nil, 0, keyurl.WithoutURL(err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := k.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, 0, keyurl.WithoutURL(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body) // whole and bounded, see strictTransport
	if err != nil {
		return nil, 0, err
	}
	keys, err = parseKeys(body)
	if err != nil {
		return nil, 0, errors.New("the answer is not a set of keys: " + shorten(err))
	}
	return keys, k.maxAge, nil
}
