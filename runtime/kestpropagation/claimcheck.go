package kestpropagation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
)

// claimPrefix is what stands before the UUID in the cache's key.
const claimPrefix = "kest.claim."

// deposit leaves a passport in the cache and gives its claim check.
func (p *Propagator) deposit(ctx context.Context, passport []byte) (string, error) {
	switch {
	case p.config.Cache == nil:
		return "", fmt.Errorf("%w: the passport does not fit into the headers, and there is no cache to leave it in: set Config.Cache", kest.ErrLineageUnavailable)
	case len(passport) > p.config.MaxPassport:
		return "", fmt.Errorf("%w: the passport has %d bytes, and the limit is %d: set Config.MaxPassport here and at the receiver", kest.ErrLineageMalformed, len(passport), p.config.MaxPassport)
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("%w: claim check: %w", kest.ErrLineageUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.config.CacheTimeout)
	defer cancel()
	if err := p.config.Cache.Put(ctx, claimPrefix+id.String(), passport, p.config.ClaimTTL); err != nil {
		return "", fmt.Errorf("%w: the passport could not be left in the cache: %w", kest.ErrLineageUnavailable, err)
	}
	return id.String(), nil
}

// collect gets what deposit left. Only keys of claim checks can be asked for.
func (p *Propagator) collect(ctx context.Context, claim string) ([]byte, error) {
	id := strings.TrimPrefix(claim, claimPrefix)
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		return nil, fmt.Errorf("%w: the claim check is not a UUID", kest.ErrLineageMalformed)
	}
	if p.config.Cache == nil {
		return nil, fmt.Errorf("%w: a claim check came, and there is no cache to ask: set Config.Cache to the one that its sender has", kest.ErrLineageUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, p.config.CacheTimeout)
	defer cancel()
	passport, err := p.config.Cache.Get(ctx, claimPrefix+id)
	switch {
	case errors.Is(err, cache.ErrMissing):
		return nil, fmt.Errorf("%w: the claim check %s has no passport in the cache: it expired, or was never there", kest.ErrLineageInvalid, id)
	case err != nil:
		return nil, fmt.Errorf("%w: the cache was asked for a claim check: %w", kest.ErrLineageUnavailable, err)
	case len(passport) > p.config.MaxPassport:
		return nil, fmt.Errorf("%w: the passport of a claim check has more than %d bytes", kest.ErrLineageInvalid, p.config.MaxPassport)
	}
	return passport, nil
}
