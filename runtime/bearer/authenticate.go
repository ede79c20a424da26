package bearer

import (
	"context"
	"errors"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
)

// Authenticate has an authenticator check the token that stands in the values of
// an Authorization header. In the context that it gives, the user, agent and task
// are those of the token, and what the token does not say nobody says: neither
// what ctx had before nor baggage that a propagator reads later (see
// Authenticated). A server asks through it, and never the authenticator itself.
//
// The error matches ErrInvalidToken, ErrUnavailable or [kest.ErrConfig].
func Authenticate(ctx context.Context, authenticator Authenticator, values []string) (context.Context, error) {
	if authenticator == nil {
		return nil, fmt.Errorf("%w: there is no authenticator to check tokens: give one", kest.ErrConfig)
	}
	token, err := FromHeader(values)
	if err != nil {
		return nil, err
	}
	clean, err := withoutPrincipal(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	mark := new(authentication)
	inner, err := authenticator.Authenticate(context.WithValue(clean, authenticatedKey{}, mark), token)
	switch {
	case errors.Is(err, ErrInvalidToken), errors.Is(err, ErrUnavailable), errors.Is(err, kest.ErrConfig):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case inner == nil || inner.Value(authenticatedKey{}) != mark:
		// The lineage of the request is in it.
		return nil, fmt.Errorf("%w: the authenticator gave a context that is not made from the one that it got", kest.ErrConfig)
	}
	return inner, nil
}

// Authenticated says whether ctx comes from Authenticate, so that no other source
// may say on whose behalf it runs.
func Authenticated(ctx context.Context) bool {
	_, ok := ctx.Value(authenticatedKey{}).(*authentication)
	return ok
}

type authenticatedKey struct{}

// authentication is one call of Authenticate, by its address.
type authentication struct{ _ byte }

func withoutPrincipal(ctx context.Context) (_ context.Context, err error) {
	if kest.User(ctx) == "" && kest.Agent(ctx) == "" && kest.Task(ctx) == "" {
		return ctx, nil
	}
	for _, with := range []func(context.Context, string) (context.Context, error){kest.WithUser, kest.WithAgent, kest.WithTask} {
		if ctx, err = with(ctx, ""); err != nil {
			return nil, err
		}
	}
	return ctx, nil
}
