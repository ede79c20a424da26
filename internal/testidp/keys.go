package testidp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// keys are those that are published. The last one signs.
type keys struct {
	algorithm jose.SignatureAlgorithm

	mu        sync.Mutex
	published []key
}

func newKeys(algorithm string) (*keys, error) {
	if algorithm == "" {
		algorithm = string(jose.ES256)
	}
	k := &keys{algorithm: jose.SignatureAlgorithm(algorithm)}
	return k, k.rotate()
}

func (k *keys) rotate() error {
	private, err := generate(k.algorithm)
	if err != nil {
		return fmt.Errorf("testidp: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.published = append(k.published, key{uuid.NewString(), k.algorithm, private})
	return nil
}

func generate(algorithm jose.SignatureAlgorithm) (crypto.Signer, error) {
	switch algorithm {
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	case jose.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("algorithm %q: give ES256, RS256 or EdDSA", algorithm)
}

func (k *keys) retire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.published = slices.Clone(k.published[len(k.published)-1:])
}

func (k *keys) signing() key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.published[len(k.published)-1]
}

// key is one key pair.
type key struct {
	id        string
	algorithm jose.SignatureAlgorithm
	private   crypto.Signer
}

// signingKey and publicKey are the two sides that the library asks for.
type (
	signingKey struct{ key }
	publicKey  struct{ key }
)

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.algorithm }
func (k signingKey) Key() any                                    { return k.private }

func (k publicKey) ID() string                         { return k.id }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return k.algorithm }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.private.Public() }

// SigningKey implements op.Storage.
func (s *store) SigningKey(context.Context) (op.SigningKey, error) {
	return signingKey{s.keys.signing()}, nil
}

// SignatureAlgorithms implements op.Storage.
func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{s.keys.algorithm}, nil
}

// KeySet implements op.Storage.
func (s *store) KeySet(context.Context) ([]op.Key, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	var all []op.Key
	for _, k := range s.keys.published {
		all = append(all, publicKey{k})
	}
	return all, nil
}
