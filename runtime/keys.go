package kest

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/kestgo/kest/runtime/jws"
)

// A Key is a public key and the workload whose key it is: a right key under a
// wrong name must not verify.
type Key struct {
	Subject string            // workload id
	Public  ed25519.PublicKey // 32 bytes

	// NotBefore and NotAfter bound the time stamps of the entries that the key
	// may have signed; zero is unbounded. JWK members nbf and exp, in seconds.
	NotBefore time.Time
	NotAfter  time.Time
	// Endorsement is what the workload's platform says about the key. It is
	// kept as it is.
	Endorsement string
}

// ID is the RFC 7638 thumbprint of the key.
func (k Key) ID() string { return jws.Thumbprint(k.Public) }

// validAt says whether an entry of this time may be signed with the key.
func (k *Key) validAt(t time.Time) bool {
	return (k.NotBefore.IsZero() || !t.Before(k.NotBefore)) && (k.NotAfter.IsZero() || t.Before(k.NotAfter))
}

// A KeySource is where a verifier finds keys. Nothing in a token can add to it.
type KeySource interface {
	// Keys gives the keys that may have signed an entry of the workload. kid
	// is the thumbprint of the key, or "" for all keys of the workload, when
	// the entry does not say. No key is an empty list; an error means that the
	// source could not be asked. Every key must have workload as its Subject.
	Keys(ctx context.Context, workload, kid string) ([]Key, error)
}

// KeySources asks several sources in order. The first that has the key of a
// kid answers; without a kid, the keys of all of them are. An error of one ends
// the search: a source that is down must not hand its question on to one that is
// trusted less.
type KeySources []KeySource

// Keys implements KeySource.
func (s KeySources) Keys(ctx context.Context, workload, kid string) ([]Key, error) {
	var all []Key
	for _, source := range s {
		keys, err := source.Keys(ctx, workload, kid)
		if err != nil {
			return nil, err
		}
		all = append(all, keys...)
		if kid != "" && len(all) > 0 {
			break
		}
	}
	return all, nil
}

// A KeySet is a fixed set of keys. It is immutable and safe for concurrent use.
type KeySet struct {
	keys      []Key
	bySubject map[string][]identifiedKey
}

type identifiedKey struct {
	kid string
	key Key
}

// NewKeySet makes a key set. A key without a subject, of a wrong length, of
// small order, or given twice is an error that matches ErrConfig.
func NewKeySet(keys ...Key) (*KeySet, error) {
	set := &KeySet{bySubject: make(map[string][]identifiedKey)}
	for i, key := range keys {
		if err := set.add(key); err != nil {
			return nil, wrap(ErrConfig, "key %d: %w", i, err)
		}
	}
	return set, nil
}

// Keys implements KeySource.
func (s *KeySet) Keys(_ context.Context, workload, kid string) ([]Key, error) {
	var found []Key
	for _, k := range s.bySubject[workload] {
		if kid == "" || k.kid == kid {
			found = append(found, k.key)
		}
	}
	return found, nil
}

// Len is the number of keys.
func (s *KeySet) Len() int { return len(s.keys) }
