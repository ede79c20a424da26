package kesttest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/production"
)

// Identity signs as a workload with a key that is computed from the workload id
// alone, so that passports in a test are the same in every run and a verifier
// can be given the keys of other services:
//
//	keys, err := kest.NewKeySet(kesttest.Key("spiffe://test/orders"))
//
// ANYBODY CAN FORGE ITS SIGNATURES: who knows the workload id has the key. A
// verifier that believes [Key] outside of a test believes everybody.
//
// Where KEST_ENV=production, or with an empty workload id, every call of Signer
// is an error that matches [kest.ErrIdentity], so no hook runs.
func Identity(workload string) kest.Identity {
	signer, err := newSigner(workload)
	return identity{signer, err}
}

// Key is the public key of [Identity] of the same workload. It can be forged
// for, as its identity says.
func Key(workload string) kest.Key {
	return kest.Key{Subject: workload, Public: privateKey(workload).Public().(ed25519.PublicKey)}
}

type identity struct {
	signer *kest.Signer
	err    error
}

func (i identity) Signer(context.Context) (*kest.Signer, error) { return i.signer, i.err }

func newSigner(workload string) (*kest.Signer, error) {
	if production.Is() {
		return nil, fmt.Errorf("%w: kesttest: KEST_ENV is production, and anybody can compute this key: set Config.Identity to one that your platform endorses", kest.ErrIdentity)
	}
	return kest.NewSigner(workload, privateKey(workload))
}

func privateKey(workload string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("kesttest: this key is no secret\n" + workload))
	return ed25519.NewKeyFromSeed(seed[:])
}
