package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/internal/refreshed"
)

// remoteKeys are the keys at a URL. That of go-oidc asks the provider for every
// key id that it does not know, so that whoever sends tokens decides how often;
// this one has a clock.
type remoteKeys struct {
	location string // for requests
	shown    string // for errors and logs: without a query, which may hold a secret
	maxAge   time.Duration
	client   *http.Client
	logger   *slog.Logger
	keys     *refreshed.Value[[]jose.JSONWebKey]
}

func newRemoteKeys(location string, client *http.Client, config *Config, now func() time.Time) *remoteKeys {
	k := &remoteKeys{
		location: location, shown: withoutQuery(location),
		maxAge: config.MaxAge, client: client, logger: config.Logger,
	}
	k.keys = refreshed.New(refreshed.Settings{
		MaxAge: config.MaxAge, MinInterval: config.MinInterval, MaxStale: config.MaxStale, Timeout: config.Timeout, Now: now,
	}, k.fetch, k.report)
	return k
}

// with gives the keys to try, which says whether it is content with them, and if
// it is not, newer ones, see [refreshed.Value.Use]. Errors match
// bearer.ErrUnavailable.
func (k *remoteKeys) with(ctx context.Context, try func([]jose.JSONWebKey) bool) error {
	return k.unavailable(k.keys.Use(ctx, try))
}

// load says whether there are keys to use, after asking for them if need be.
func (k *remoteKeys) load(ctx context.Context) error { return k.unavailable(k.keys.Load(ctx)) }

// unavailable says of which keys an error is; nil stays nil.
func (k *remoteKeys) unavailable(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, refreshed.ErrTooEarly) {
		err = errors.New("they were not asked for again yet")
	}
	return fmt.Errorf("%w: keys of %s: %w", bearer.ErrUnavailable, k.shown, err)
}

func (k *remoteKeys) report(ctx context.Context, failure refreshed.Failure) {
	k.logger.LogAttrs(ctx, slog.LevelWarn, "kest: keys of the token issuer cannot be fetched",
		slog.String("url", k.shown), slog.String("error", failure.Err.Error()),
		slog.Int("failures", failure.Failures), slog.Bool("old_keys_stay", failure.Usable))
}
