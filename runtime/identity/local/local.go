// Package local is the identity for development: an Ed25519 key made in memory
// when the program starts, and lost when it ends.
//
//	identity, err := local.New()
//	…
//	rt, err := kest.New(kest.Config{Identity: identity, …})
//
// Nobody endorses the key. A passport signed with it proves that this process
// wrote it, to whoever got the public key from this process, and nothing else.
// So each New warns in the log, and none works where KEST_ENV=production
// (PROTOCOL §11).
package local

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/production"
)

// DefaultWorkloadID is who signs unless WithWorkloadID says otherwise.
const DefaultWorkloadID = "spiffe://kest.internal/local-workload"

// Identity signs as one workload with one key. It is immutable and safe for
// concurrent use, and printing it shows no key (F-ID-04, NF-SEC-01). It
// implements [kest.Identity].
type Identity struct{ signer *kest.Signer }

var _ kest.Identity = (*Identity)(nil)

// Option changes what New makes.
type Option func(*settings)

type settings struct {
	workload string
	logger   *slog.Logger
}

// WithWorkloadID names the workload, most often as a SPIFFE ID. Nothing checks
// that this process is that workload.
func WithWorkloadID(id string) Option {
	return func(s *settings) { s.workload = id }
}

// WithLogger sets where the warning goes; without it, or with nil, that is
// slog.Default().
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) { s.logger = logger }
}

// New makes a key and logs one warning that names the workload and the key's
// thumbprint. Errors match [kest.ErrIdentity]: KEST_ENV is production, or the
// workload id is empty or not UTF-8.
func New(options ...Option) (*Identity, error) {
	if production.Is() {
		return nil, refuse(errors.New("KEST_ENV is production, and nobody vouches for a key made here: set Config.Identity to one that your platform endorses"))
	}
	s := settings{workload: DefaultWorkloadID}
	for _, option := range options {
		option(&s)
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, refuse(err)
	}
	signer, err := kest.NewSigner(s.workload, private)
	clear(private) // the signer has its own copy
	if err != nil {
		return nil, err
	}
	s.logger.Warn("KEST IDENTITY FOR DEVELOPMENT ONLY: a key made in memory that nobody endorses. Use it nowhere else: with KEST_ENV=production it is refused.",
		slog.String("workload_id", signer.WorkloadID()),
		slog.String("kid", signer.KeyID()))
	return &Identity{signer}, nil
}

// MustNew is [New] for the start of a program. It panics on an error.
func MustNew(options ...Option) *Identity {
	identity, err := New(options...)
	if err != nil {
		panic(err)
	}
	return identity
}

func refuse(err error) error { return fmt.Errorf("%w: local: %w", kest.ErrIdentity, err) }

// Signer gives the signer made by New. It fails only for an Identity that New did
// not make.
func (i *Identity) Signer(context.Context) (*kest.Signer, error) {
	if i == nil || i.signer == nil {
		return nil, refuse(errors.New("there is no key: make the identity with New"))
	}
	return i.signer, nil
}

// Key is the public key, for the key set of who is to verify what this process
// signs.
func (i *Identity) Key() kest.Key { return i.signer.Key() }

// String says who signs with which key.
func (i *Identity) String() string {
	return fmt.Sprintf("local identity %s key %s", i.signer.WorkloadID(), i.signer.KeyID())
}
