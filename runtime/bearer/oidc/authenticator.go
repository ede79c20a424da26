package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/internal/keyurl"
	"github.com/kestgo/kest/runtime/internal/production"
)

// Authenticator checks the tokens of one provider. It is safe for concurrent use
// and implements [bearer.Authenticator]. Only [New] makes one: the zero value and
// nil give errors.
type Authenticator struct {
	config     Config
	algorithms []jose.SignatureAlgorithm
	keys       *remoteKeys // nil if nobody's signature is checked
	now        func() time.Time
}

var _ bearer.Authenticator = (*Authenticator)(nil)

// New checks the configuration, and asks the provider where its keys are unless
// KeysURL says it. The keys themselves are asked for with the first token; see
// [Authenticator.Load]. ctx bounds New only. Errors match [kest.ErrConfig], and
// [bearer.ErrUnavailable] too when the provider did not answer, so that to try again
// may help: without keys there is no Authenticator.
func New(ctx context.Context, config Config) (*Authenticator, error) {
	return newAuthenticator(ctx, config, time.Now)
}

func newAuthenticator(ctx context.Context, config Config, now func() time.Time) (*Authenticator, error) {
	config.Audiences = slices.Clone(config.Audiences)
	config.Algorithms = slices.Clone(config.Algorithms)
	config.Claims.Agent = slices.Clone(config.Claims.Agent)
	problem := config.complete()
	client, clientErr := ownClient(config.Client)
	problem = errors.Join(problem, clientErr)
	if config.InsecureSkipSignature && production.Is() {
		problem = errors.Join(problem, errors.New("KEST_ENV is production, and InsecureSkipSignature believes everybody: leave it out"))
	}
	if problem != nil {
		return nil, fmt.Errorf("%w: oidc: %w", kest.ErrConfig, problem)
	}
	a := &Authenticator{config: config, now: now}
	for _, algorithm := range config.Algorithms {
		a.algorithms = append(a.algorithms, jose.SignatureAlgorithm(algorithm))
	}
	if config.InsecureSkipSignature {
		a.algorithms = append(a.algorithms, "none")
		config.Logger.Warn("KEST TOKENS FOR DEVELOPMENT ONLY: their signatures are not checked, so that everybody is who they say. With KEST_ENV=production this is refused.",
			slog.String("issuer", config.Issuer))
		return a, nil
	}
	location := config.KeysURL
	if location == "" {
		var err error
		if location, err = discover(ctx, client, &config); err != nil {
			return nil, fmt.Errorf("%w: oidc: %w", kest.ErrConfig, err)
		}
	}
	a.keys = newRemoteKeys(location, client, &config, now)
	return a, nil
}

func withoutQuery(location string) string {
	u, err := url.Parse(location)
	if err != nil { // checkURL has parsed it
		return ""
	}
	return keyurl.Shown(u)
}

// Load asks for the keys, unless there are some that are younger than MaxAge or the
// provider was asked within MinInterval, and says whether there are keys to use: at
// the start of a program that should not run without, and in a health check. The
// error matches [bearer.ErrUnavailable].
func (a *Authenticator) Load(ctx context.Context) error {
	switch {
	case a == nil || a.now == nil:
		return errNotMade
	case a.keys == nil:
		return nil
	}
	return a.keys.load(ctx)
}

var errNotMade = fmt.Errorf("%w: oidc: there is no issuer: make the Authenticator with New", kest.ErrConfig)

// Authenticate implements [bearer.Authenticator]: it checks a token, and gives a
// context with its user, agent and task in place of those of ctx, and with the
// token itself. Errors match one of
//
//   - [bearer.ErrInvalidToken]: the token is not valid here. The error says why,
//     without showing anything of it
//   - [bearer.ErrUnavailable]: its key is not known, and the provider does not
//     answer; or ctx ended
//   - [kest.ErrConfig]: New did not make a
func (a *Authenticator) Authenticate(ctx context.Context, token string) (context.Context, error) {
	if a == nil || a.now == nil {
		return nil, errNotMade
	}
	who, err := a.check(ctx, token)
	if err != nil {
		if !errors.Is(err, bearer.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", bearer.ErrInvalidToken, err)
		}
		return nil, err
	}
	// All three, also the empty ones: nothing is inherited from whoever was there
	// before.
	for _, claim := range []struct {
		set   func(context.Context, string) (context.Context, error)
		value string
	}{{kest.WithUser, who.user}, {kest.WithAgent, who.agent}, {kest.WithTask, who.task}} {
		if ctx, err = claim.set(ctx, claim.value); err != nil {
			return nil, err
		}
	}
	return kest.WithToken(ctx, token), nil
}

// check gives whom a token names, if it is valid.
func (a *Authenticator) check(ctx context.Context, token string) (principal, error) {
	header, payload, err := a.parse(token)
	if err != nil {
		return principal{}, err
	}
	signature := &signature{keys: a.keys, header: header, algorithms: a.algorithms}
	// A verifier for one call: go-oidc does not wrap what a key set says, so that it
	// could not be told whether the key was wrong or not to be had.
	verifier := goidc.NewVerifier(a.config.Issuer, signature, &goidc.Config{
		SupportedSigningAlgs: a.supported(),
		// Ours know several audiences, and a leeway.
		SkipClientIDCheck: true,
		SkipExpiryCheck:   true,
	})
	_, refused := verifier.Verify(ctx, token)
	switch {
	case signature.err != nil:
		return principal{}, signature.err
	case !signature.valid:
		return principal{}, errors.New("it is not a signed JWT")
	}
	// The payload is that of the signature: there is one token in one form.
	who, err := a.readClaims(payload)
	switch {
	case err != nil:
		return principal{}, err
	case refused != nil:
		// Its text may quote the token.
		return principal{}, errors.New("its claims are not those of an ID token or access token")
	}
	return who, nil
}

func (a *Authenticator) supported() []string {
	if a.config.InsecureSkipSignature {
		return append(slices.Clone(a.config.Algorithms), "none")
	}
	return a.config.Algorithms
}

// signature is the goidc.KeySet of one token, and what came of it.
type signature struct {
	keys       *remoteKeys
	header     header
	algorithms []jose.SignatureAlgorithm
	valid      bool
	err        error
}

var (
	errUnknownKey = errors.New("the issuer has no key of its key id for its algorithm")
	errSignature  = errors.New("its signature is not one of the issuer's")
)

// VerifySignature implements goidc.KeySet.
func (s *signature) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	jws, err := jose.ParseSignedCompact(token, s.algorithms)
	if err != nil {
		return nil, err
	}
	if s.keys == nil { // InsecureSkipSignature
		s.valid = true
		return jws.UnsafePayloadWithoutVerification(), nil
	}
	reason := errUnknownKey
	s.err = s.keys.with(ctx, func(keys []jose.JSONWebKey) bool {
		candidates := find(keys, s.header.kid, s.header.algorithm)
		for _, key := range candidates {
			if payload, err = jws.Verify(key.Key); err == nil {
				s.valid = true
				return true
			}
			reason = errSignature
		}
		// A key id that is known settles it. Without one, a new key may fit.
		return len(candidates) > 0 && s.header.kid != ""
	})
	if s.err == nil && !s.valid {
		s.err = reason
	}
	return payload, s.err
}
