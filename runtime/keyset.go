package kest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Limits of ParseKeySet.
const (
	maxKeySetSize    = 1 << 20
	maxKeySetNesting = 8
)

// ParseKeySet reads a JWK Set (RFC 7517) of Ed25519 keys (RFC 8037), each with a
// member sub, the workload id:
//
//	{"keys":[{"kty":"OKP","crv":"Ed25519","x":"…","sub":"spiffe://…","kid":"…","alg":"EdDSA","use":"sig"}]}
//
// kid, alg and use may be left out, and nbf, exp (epoch seconds) and
// endorsement may stand there. Refused are: a key without sub, a kid that is
// not the key's RFC 7638 thumbprint, a key of another kind, a private key, and a
// key given twice. Other members are ignored, as RFC 7517 asks. The error
// matches ErrConfig.
func ParseKeySet(data []byte) (*KeySet, error) {
	set, err := parseKeySet(data)
	if err != nil {
		return nil, wrap(ErrConfig, "key set: %w", err)
	}
	return set, nil
}

func parseKeySet(data []byte) (*KeySet, error) {
	if len(data) > maxKeySetSize {
		return nil, fmt.Errorf("it has %d bytes: the limit is %d", len(data), maxKeySetSize)
	}
	if err := strictjson.Valid(data, maxKeySetNesting); err != nil {
		return nil, err
	}
	set := &KeySet{bySubject: make(map[string][]identifiedKey)}
	found := false
	err := strictjson.Members(data, func(name string, value []byte) error {
		if name != "keys" {
			return nil
		}
		found = true
		index := -1
		return strictjson.Elements(value, func(element []byte) error {
			index++
			key, err := parseKey(element)
			if err == nil {
				err = set.add(key)
			}
			if err != nil {
				return fmt.Errorf("key %d: %w", index, err)
			}
			return nil
		})
	})
	if err == nil && !found {
		err = errors.New("no member \"keys\": it must be a JWK Set (RFC 7517)")
	}
	return set, err
}

func parseKey(data []byte) (Key, error) {
	jwk := make(map[string][]byte)
	if err := strictjson.Members(data, func(name string, value []byte) error {
		jwk[name] = value
		return nil
	}); err != nil {
		return Key{}, err
	}
	if _, ok := jwk["d"]; ok {
		return Key{}, errors.New("it holds a private key (member d): treat that key as leaked, and give verifiers the public half only")
	}
	text := func(name string, into *string) error {
		value, ok := jwk[name]
		if !ok {
			return nil
		}
		var err error
		if *into, err = strictjson.Unquote(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	var key Key
	var kty, crv, x, kid, alg, use string
	err := errors.Join(
		text("kty", &kty), text("crv", &crv), text("x", &x), text("kid", &kid), text("alg", &alg), text("use", &use),
		text("sub", &key.Subject), text("endorsement", &key.Endorsement),
		epochSeconds(jwk, "nbf", &key.NotBefore), epochSeconds(jwk, "exp", &key.NotAfter),
	)
	switch {
	case err != nil:
		return Key{}, err
	case kty != "OKP" || crv != "Ed25519":
		return Key{}, fmt.Errorf("kty %q with crv %q: only OKP with Ed25519 is supported", kty, crv)
	case alg != "" && alg != "EdDSA":
		return Key{}, fmt.Errorf("alg is %q: it must be EdDSA", alg)
	case use != "" && use != "sig":
		return Key{}, fmt.Errorf("use is %q: it must be sig", use)
	}
	public, err := base64.RawURLEncoding.Strict().DecodeString(x)
	if err != nil || base64.RawURLEncoding.EncodeToString(public) != x {
		return Key{}, errors.New("x is not base64url without padding")
	}
	key.Public = public
	if err := key.check(); err != nil {
		return Key{}, err
	}
	if _, given := jwk["kid"]; given && kid != key.ID() {
		return Key{}, fmt.Errorf("kid is %q and the thumbprint (RFC 7638) of the key is %q: leave kid out or correct it", kid, key.ID())
	}
	return key, nil
}

func epochSeconds(jwk map[string][]byte, name string, into *time.Time) error {
	value, ok := jwk[name]
	if !ok {
		return nil
	}
	seconds, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return fmt.Errorf("%s is %.40s: it must be whole seconds since 1970", name, value)
	}
	*into = time.Unix(seconds, 0)
	return nil
}

func (k *Key) check() error {
	switch {
	case k.Subject == "":
		return errors.New("no sub: say whose key it is, by workload id")
	case len(k.Public) != ed25519.PublicKeySize:
		return fmt.Errorf("the public key has %d bytes: an Ed25519 key has %d", len(k.Public), ed25519.PublicKeySize)
	case smallOrder(k.Public):
		return errors.New("the public key is a point of small order: anybody can sign for it")
	case !k.NotBefore.IsZero() && !k.NotAfter.IsZero() && !k.NotBefore.Before(k.NotAfter):
		return errors.New("nbf is not before exp: the key would never be valid")
	}
	return nil
}

func (s *KeySet) add(key Key) error {
	if err := key.check(); err != nil {
		return err
	}
	key.Public = bytes.Clone(key.Public)
	kid := key.ID()
	for _, other := range s.bySubject[key.Subject] {
		if other.kid == kid {
			return fmt.Errorf("the key %s of %q stands twice", kid, key.Subject)
		}
	}
	s.keys = append(s.keys, key)
	s.bySubject[key.Subject] = append(s.bySubject[key.Subject], identifiedKey{kid: kid, key: key})
	return nil
}

// MarshalJSON writes the JWK Set that ParseKeySet reads, keys in the order in
// which they were given.
func (s *KeySet) MarshalJSON() ([]byte, error) {
	w := textWriter{}
	w.raw(`{"keys":[`)
	for i, key := range s.keys {
		if i > 0 {
			w.raw(",")
		}
		w.raw(`{"alg":"EdDSA","crv":"Ed25519",`)
		if key.Endorsement != "" {
			w.raw(`"endorsement":`)
			w.text(key.Endorsement)
			w.raw(",")
		}
		if !key.NotAfter.IsZero() {
			w.raw(`"exp":`)
			w.integer(key.NotAfter.Unix())
			w.raw(",")
		}
		w.raw(`"kid":`)
		w.text(key.ID())
		w.raw(`,"kty":"OKP",`)
		if !key.NotBefore.IsZero() {
			w.raw(`"nbf":`)
			w.integer(key.NotBefore.Unix())
			w.raw(",")
		}
		w.raw(`"sub":`)
		w.text(key.Subject)
		w.raw(`,"use":"sig","x":`)
		w.text(base64.RawURLEncoding.EncodeToString(key.Public))
		w.raw("}")
	}
	w.raw("]}")
	return w.b, w.err
}

// smallOrderPoints are the y coordinates, sign bit cleared, of the points of
// order 1, 2, 4 and 8 of edwards25519, in canonical and in non-canonical form.
// Signatures for such a key can be made without a private key.
var smallOrderPoints = decodeHex(
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)

func decodeHex(texts ...string) (list [][]byte) {
	for _, text := range texts {
		b, err := hex.DecodeString(text)
		if err != nil {
			panic(err)
		}
		list = append(list, b)
	}
	return list
}

func smallOrder(public ed25519.PublicKey) bool {
	y := bytes.Clone(public)
	y[len(y)-1] &= 0x7f
	return slices.ContainsFunc(smallOrderPoints, func(point []byte) bool { return bytes.Equal(point, y) })
}
