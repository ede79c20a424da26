package router_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/router"
	"github.com/kestgo/kest/runtime/kesttest"
)

// run calls a function with one hook.
func run(ctx context.Context, config kest.HookConfig) (ran bool, err error) {
	config.Operation, config.Source, config.OmitsInput = "pay", "internal", true
	call, err := kest.MustHook(config).Begin(ctx)
	if err != nil {
		return false, err
	}
	defer call.End(&err)
	call.Inherit()
	if _, err = call.Enter(); err != nil {
		return false, err
	}
	call.Leave()
	return true, nil
}

func runtime(t *testing.T, config kest.Config) context.Context {
	t.Helper()
	config.Identity, config.Logger = kesttest.Identity("spiffe://test/router"), slog.New(slog.DiscardHandler)
	rt, err := kest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return kest.NewContext(t.Context(), rt)
}

// TestTiersOfACall: in one call each tier is decided by its own engine, and the
// input keeps the names as they are listed.
func TestTiersOfACall(t *testing.T) {
	byTier, byPrefix, rest := kesttest.Record(kesttest.Allow()), kesttest.Record(kesttest.Allow()), kesttest.Record(kesttest.Allow())
	ctx := runtime(t, kest.Config{
		Engine: newRouter(t, router.Config{
			Default:  rest,
			Tiers:    map[kest.Tier]kest.Engine{kest.TierEnterprise: byTier},
			Prefixes: map[string]kest.Engine{"cedar": byPrefix},
		}),
		Tiers: kest.Tiers{Enterprise: []string{"e/one", "cedar:e/two"}, Application: []string{"a/one"}},
	})
	if ran, err := run(ctx, kest.HookConfig{Policies: []string{"cedar:f/one"}}); !ran || err != nil {
		t.Fatal(ran, err)
	}
	for recorder, want := range map[*kesttest.Recorder]string{
		byTier:   "e/one of [e/one cedar:e/two]",
		byPrefix: "e/two of [e/one cedar:e/two], f/one of [cedar:f/one]",
		rest:     "a/one of [a/one]",
	} {
		var got []string
		for _, call := range recorder.Calls() {
			got = append(got, call.Policy+" of ["+strings.Join(call.Input.PolicyNames, " ")+"]")
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}

// TestNewChecksTheTier: a policy that another tier's engine has is not enough.
func TestNewChecksTheTier(t *testing.T) {
	_, err := kest.New(kest.Config{
		Engine:   full(t),
		Identity: kesttest.Identity("spiffe://test/router"),
		Tiers:    kest.Tiers{Enterprise: []string{"a"}, Platform: []string{"a", "ceder:a"}},
	})
	if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), `enterprise policy "a"`) || !strings.Contains(err.Error(), `did you mean "cedar"?`) || strings.Contains(err.Error(), `default policy "a"`) {
		t.Errorf("got %v", err)
	}
}

// TestNewWithATypedNil: a nil pointer that is asked for its policies is an error,
// and takes no server down.
func TestNewWithATypedNil(t *testing.T) {
	_, err := kest.New(kest.Config{
		Engine:   (*named)(nil),
		Identity: kesttest.Identity("spiffe://test/router"),
		Tiers:    kest.Tiers{Platform: []string{"a"}},
	})
	if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "nil pointer") {
		t.Errorf("got %v", err)
	}
}

// TestOverrideInADirective: a router that code brings along decides the function
// tier, and none of the tiers that configuration has.
func TestOverrideInADirective(t *testing.T) {
	own := newRouter(t, router.Config{Default: kesttest.Allow(), Tiers: map[kest.Tier]kest.Engine{kest.TierPlatform: kesttest.Allow()}})
	ctx := runtime(t, kest.Config{Engine: kesttest.Deny(), Tiers: kest.Tiers{Platform: []string{"p"}}})
	ran, err := run(ctx, kest.HookConfig{Policies: []string{"f"}, Engine: func() kest.Engine { return own }})
	var denied *kest.DeniedError
	if ran || !errors.As(err, &denied) || denied.Tier != kest.TierPlatform {
		t.Errorf("got %t, %v", ran, err)
	}
}
