package kest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/kestgo/kest/runtime/jws"
)

// An Identity is who signs: a workload and the Ed25519 key that it has now.
// Signer is called once for every call of a hook, from many goroutines, so it
// should give a signer made earlier; an identity that rotates its key gives
// another one afterwards. An error denies the call (ErrIdentity).
//
// Identities in this module: runtime/identity/local (development),
// runtime/kesttest (deterministic, for tests).
type Identity interface {
	Signer(ctx context.Context) (*Signer, error)
}

// A Signer signs entries for one workload with one key. It never gives the key
// away: it has no exported fields, and printing it shows the workload and the
// key's thumbprint only (F-ID-04, NF-SEC-01).
type Signer struct {
	workload  string
	kid       string
	public    ed25519.PublicKey
	header    string // base64url of the protected header
	principal string // the workload id as JSON text
	// A closure, not the key: a key in a field is printed by %+v.
	sign func(signingInput []byte) []byte
}

// NewSigner makes a signer for a workload id (a SPIFFE URI, a role ARN, issuer
// and subject) from a 64-byte Ed25519 private key. The key is copied.
func NewSigner(workload string, key ed25519.PrivateKey) (*Signer, error) {
	if workload == "" {
		return nil, wrap(ErrIdentity, "the workload id is empty: give the SPIFFE ID or ARN of this workload")
	}
	if len(key) != ed25519.PrivateKeySize {
		return nil, wrap(ErrIdentity, "the private key of %q has %d bytes: an Ed25519 private key has %d", workload, len(key), ed25519.PrivateKeySize)
	}
	private := ed25519.NewKeyFromSeed(key.Seed())
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok || !public.Equal(key.Public()) {
		return nil, wrap(ErrIdentity, "the private key of %q does not belong to the public key beside it: make it with ed25519.GenerateKey", workload)
	}
	kid := jws.Thumbprint(public)
	header, err := jws.EncodeHeader(kid)
	if err != nil {
		return nil, wrap(ErrIdentity, "header for %q: %w", workload, err)
	}
	var w textWriter
	w.text(workload)
	if w.err != nil {
		return nil, wrap(ErrIdentity, "workload id %q: %w", workload, w.err)
	}
	return &Signer{
		workload:  workload,
		kid:       kid,
		public:    public,
		header:    header,
		principal: string(w.b),
		sign:      func(signingInput []byte) []byte { return ed25519.Sign(private, signingInput) },
	}, nil
}

// WorkloadID is who signs.
func (s *Signer) WorkloadID() string { return s.workload }

// KeyID is the RFC 7638 thumbprint of the signing key.
func (s *Signer) KeyID() string { return s.kid }

// PublicKey is what a verifier needs: see Key and KeySet.
func (s *Signer) PublicKey() ed25519.PublicKey {
	return append(ed25519.PublicKey(nil), s.public...)
}

// Key is the public half for a key set.
func (s *Signer) Key() Key { return Key{Subject: s.workload, Public: s.PublicKey()} }

func (s *Signer) String() string { return fmt.Sprintf("kest signer %s key %s", s.workload, s.kid) }

// errNoSigner is for an identity that gives neither a usable signer nor an error.
var errNoSigner = errors.New("the identity gave no signer that NewSigner made")
