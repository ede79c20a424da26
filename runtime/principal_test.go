package kest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"go.opentelemetry.io/otel/baggage"
)

// TestTC12ContextAccessors: F-IC-01..04.
func TestTC12ContextAccessors(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	if got := kest.User(ctx) + kest.Agent(ctx) + kest.Task(ctx) + kest.Token(ctx); got != "" {
		t.Errorf("a plain context has %q", got)
	}
	var err error
	set := func(with func(context.Context, string) (context.Context, error), value string) {
		t.Helper()
		if ctx, err = with(ctx, value); err != nil {
			t.Fatal(err)
		}
	}
	set(kest.WithUser, "alice; DROP \"x\" é")
	set(kest.WithAgent, "agent-7")
	set(kest.WithTask, "refund")
	ctx = kest.WithToken(ctx, "ey.secret")
	inside := enter(t, ctx, hook(kest.HookConfig{}))
	for name, got := range map[string][2]string{
		"User":  {kest.User(inside), "alice; DROP \"x\" é"},
		"Agent": {kest.Agent(inside), "agent-7"},
		"Task":  {kest.Task(inside), "refund"},
		"Token": {kest.Token(inside), "ey.secret"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s = %q, want %q", name, got[0], got[1])
		}
	}
	if want := `{"agent":"agent-7","task":"refund","user":"alice; DROP \"x\" é"}`; lastEntry(t, inside).Labels[kest.LabelIdentity] != want {
		t.Errorf("kest.identity = %q, want %q", lastEntry(t, inside).Labels[kest.LabelIdentity], want)
	}
}

// TestTokenIsNotInBaggage: propagators send baggage to every host.
func TestTokenIsNotInBaggage(t *testing.T) {
	ctx := kest.WithToken(t.Context(), "ey.secret")
	if n := baggage.FromContext(ctx).Len(); n != 0 {
		t.Errorf("the baggage has %d members", n)
	}
	member, err := baggage.NewMemberRaw("kest.jwt", "forged")
	if err != nil {
		t.Fatal(err)
	}
	outside, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	if got := kest.Token(baggage.ContextWithBaggage(t.Context(), outside)); got != "" {
		t.Errorf("a token from somebody's baggage is taken: %q", got)
	}
}

// TestResolvedIdentityGoesOn: what a directive resolves goes before baggage, is
// what the function sees, and is inherited by what it calls; the caller keeps
// its own.
func TestResolvedIdentityGoesOn(t *testing.T) {
	ctx, err := kest.WithUser(testContext(t, kest.Config{}), "alice")
	if err != nil {
		t.Fatal(err)
	}
	call, err := hook(kest.HookConfig{}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.SetUser("bob")
	call.SetAgent("agent-7")
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	inside, err := call.Enter()
	if err != nil {
		t.Fatal(err)
	}
	call.Leave()
	call.End(&err)
	nested := enter(t, inside, hook(kest.HookConfig{}))
	want := `{"agent":"agent-7","task":null,"user":"bob"}`
	if got := lastEntry(t, nested).Labels[kest.LabelIdentity]; got != want {
		t.Errorf("the nested call has %s, want %s", got, want)
	}
	if kest.User(nested) != "bob" || kest.User(ctx) != "alice" {
		t.Errorf("user inside %q and outside %q, want bob and alice", kest.User(nested), kest.User(ctx))
	}
}

// TestTokenIsNotPrinted: contexts end up in logs.
func TestTokenIsNotPrinted(t *testing.T) {
	ctx := kest.WithToken(t.Context(), "ey.secret")
	for _, format := range []string{"%v", "%+v", "%s", "%q"} {
		if text := fmt.Sprintf(format, ctx); strings.Contains(text, "secret") {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

func TestIdentityMustBeUTF8(t *testing.T) {
	if _, err := kest.WithUser(t.Context(), "\xff"); !errors.Is(err, kest.ErrInput) {
		t.Errorf("error = %v, want ErrInput", err)
	}
}
