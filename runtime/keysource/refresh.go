package keysource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/refreshed"
)

// Keys implements [kest.KeySource]. A workload that is not one of Subjects has no
// key here, and the server is not asked. Otherwise it is asked when the set is
// older than MaxAge, and when the set lacks the key, since it may be new; but never
// twice within MinInterval. Errors match ErrUnavailable: there is no set younger
// than MaxStale, or it lacks the key and the server did not answer. ctx bounds the
// wait of this call only.
func (s *URL) Keys(ctx context.Context, workload, kid string) ([]kest.Key, error) {
	if s == nil || s.keys == nil {
		return nil, errNoURL()
	}
	if !s.subjects.has(workload) {
		return nil, nil
	}
	var found []kest.Key
	err := s.keys.Use(ctx, func(keys *kest.KeySet) bool {
		found, _ = keys.Keys(context.Background(), workload, kid) // a set does not fail
		return len(found) > 0
	})
	if err != nil {
		return nil, s.unavailable(err)
	}
	return found, nil
}

// Load asks for the keys, unless there are fresh ones or the server was asked
// within MinInterval, and says whether there are keys to use: at the start of a
// program that should not run without, and in a health check. The error matches
// ErrUnavailable.
func (s *URL) Load(ctx context.Context) error {
	if s == nil || s.keys == nil {
		return errNoURL()
	}
	if err := s.keys.Load(ctx); err != nil {
		return s.unavailable(err)
	}
	return nil
}

func errNoURL() error {
	return fmt.Errorf("%w: there is no URL: make the source with NewURL", ErrUnavailable)
}

// unavailable says of which keys an error is.
func (s *URL) unavailable(err error) error {
	if errors.Is(err, refreshed.ErrTooEarly) {
		err = errors.New("it was not asked again yet")
	}
	return fmt.Errorf("%w: keys of %s: %w", ErrUnavailable, s.shown, err)
}

func (s *URL) report(ctx context.Context, failure refreshed.Failure) {
	s.logger.LogAttrs(ctx, slog.LevelWarn, "kest: keys cannot be fetched",
		slog.String("url", s.shown), slog.String("error", failure.Err.Error()),
		slog.Int("failures", failure.Failures), slog.Bool("old_keys_stay", failure.Usable))
}
