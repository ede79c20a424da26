package kest

import (
	"context"
	"errors"
)

// The three ways in which the lineage of a request can fail. Each matches
// ErrLineage.
var (
	// ErrLineageMalformed: what arrived cannot be read. The sender, or something
	// on the way, is at fault; 400 in HTTP.
	ErrLineageMalformed error = &lineageFailure{"malformed"}
	// ErrLineageInvalid: what arrived does not verify, or is gone. 403 in HTTP.
	ErrLineageInvalid error = &lineageFailure{"invalid"}
	// ErrLineageUnavailable: the key source or the cache did not answer, so
	// nothing is known of it. To try again may help; 503 in HTTP.
	ErrLineageUnavailable error = &lineageFailure{"unavailable"}
)

type lineageFailure struct{ text string }

func (f *lineageFailure) Error() string { return ErrLineage.Error() + ": " + f.text }

// Is makes each of the three match ErrLineage.
func (f *lineageFailure) Is(target error) bool { return target == ErrLineage }

// Refuse gives a context under which no call runs: each fails with the reason,
// which should match ErrLineage. It is how a propagator, which cannot return an
// error, keeps a request whose lineage it could not read from being taken for one
// that has none. Nothing under the context takes it back.
func Refuse(ctx context.Context, reason error) context.Context {
	s := stateFromContext(ctx)
	if s.refused != nil {
		return ctx
	}
	if reason == nil {
		reason = errors.New("refused without a reason")
	}
	if !errors.Is(reason, ErrLineage) {
		reason = wrap(ErrLineageInvalid, "%w", reason)
	}
	s.refused = reason
	return contextWithState(ctx, s)
}

// Refusal is why no call runs under ctx, nil if they do.
func Refusal(ctx context.Context) error { return stateFromContext(ctx).refused }
