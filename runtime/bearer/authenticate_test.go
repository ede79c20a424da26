package bearer_test

import (
	"context"
	"errors"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
)

// authenticates is an authenticator that is one function.
type authenticates func(ctx context.Context, token string) (context.Context, error)

func (a authenticates) Authenticate(ctx context.Context, token string) (context.Context, error) {
	return a(ctx, token)
}

func principal(t *testing.T, ctx context.Context, user, agent, task string) context.Context {
	t.Helper()
	for value, with := range map[string]func(context.Context, string) (context.Context, error){user: kest.WithUser, agent: kest.WithAgent, task: kest.WithTask} {
		var err error
		if ctx, err = with(ctx, value); err != nil {
			t.Fatal(err)
		}
	}
	return ctx
}

// TestAuthenticate: what the token does not say, nobody says.
func TestAuthenticate(t *testing.T) {
	before := principal(t, t.Context(), "mallory", "evil", "all")
	after, err := bearer.Authenticate(before, authenticates(func(ctx context.Context, token string) (context.Context, error) {
		if token != "abc" {
			t.Errorf("token %q", token)
		}
		return kest.WithUser(ctx, "alice")
	}), []string{"Bearer abc"})
	if err != nil {
		t.Fatal(err)
	}
	if kest.User(after) != "alice" || kest.Agent(after) != "" || kest.Task(after) != "" {
		t.Errorf("user %q agent %q task %q", kest.User(after), kest.Agent(after), kest.Task(after))
	}
	if !bearer.Authenticated(after) || bearer.Authenticated(before) {
		t.Error("Authenticated is wrong")
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	gives := func(ctx context.Context, err error) bearer.Authenticator {
		return authenticates(func(context.Context, string) (context.Context, error) { return ctx, err })
	}
	accepts := authenticates(func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil })
	// Authenticated already, by another call.
	earlier, err := bearer.Authenticate(t.Context(), accepts, []string{"Bearer abc"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		authenticator bearer.Authenticator
		headers       []string
		want          error
	}{
		"no authenticator":     {nil, []string{"Bearer abc"}, kest.ErrConfig},
		"no token":             {accepts, nil, bearer.ErrInvalidToken},
		"an invalid token":     {gives(nil, bearer.ErrInvalidToken), []string{"Bearer abc"}, bearer.ErrInvalidToken},
		"an error and context": {gives(t.Context(), bearer.ErrInvalidToken), []string{"Bearer abc"}, bearer.ErrInvalidToken},
		"no keys":              {gives(nil, bearer.ErrUnavailable), []string{"Bearer abc"}, bearer.ErrUnavailable},
		"another error":        {gives(nil, errors.New("down")), []string{"Bearer abc"}, bearer.ErrUnavailable},
		"an ended context":     {gives(nil, context.Canceled), []string{"Bearer abc"}, bearer.ErrUnavailable},
		"a configuration":      {gives(nil, kest.ErrConfig), []string{"Bearer abc"}, kest.ErrConfig},
		"no context":           {gives(nil, nil), []string{"Bearer abc"}, kest.ErrConfig},
		"a context from afar":  {gives(context.Background(), nil), []string{"Bearer abc"}, kest.ErrConfig},
		"an earlier context":   {gives(earlier, nil), []string{"Bearer abc"}, kest.ErrConfig},
	} {
		ctx, err := bearer.Authenticate(t.Context(), test.authenticator, test.headers)
		if ctx != nil || !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, %v", name, ctx, err)
		}
		for _, kind := range []error{kest.ErrConfig, bearer.ErrInvalidToken, bearer.ErrUnavailable} {
			if errors.Is(err, kind) != (kind == test.want) {
				t.Errorf("%s: errors.Is(%v, %v) is %t", name, err, kind, errors.Is(err, kind))
			}
		}
	}
}
