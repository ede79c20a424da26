package router_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/router"
	"github.com/kestgo/kest/runtime/kesttest"
)

// named is an engine that has the policies of its list, and says who it is.
type named struct {
	name     string
	policies []string
}

// answer is how a test sees which engine was asked for what.
type answer struct{ engine, policy string }

func (a *answer) Error() string { return a.engine + " was asked for " + a.policy }

func (n *named) Evaluate(_ context.Context, policy string, _ *kest.PolicyInput) (bool, error) {
	return true, &answer{n.name, policy}
}

func (n *named) CheckPolicy(policy string) error {
	for _, known := range n.policies {
		if known == policy {
			return nil
		}
	}
	return &kest.PolicyError{Engine: n.name, Policy: policy, Failure: kest.ErrPolicyUnknown}
}

func (n *named) PolicyDigest() string { return "digest of " + n.name }

var (
	fallback   = &named{"default", []string{"a", "shared"}}
	enterprise = &named{"enterprise", []string{"e", "shared"}}
	function   = &named{"function", []string{"f"}}
	cedar      = &named{"cedar", []string{"a", "App::view"}}
)

func newRouter(t testing.TB, config router.Config) *router.Engine {
	t.Helper()
	engine, err := router.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func full(t testing.TB) *router.Engine {
	return newRouter(t, router.Config{
		Default:  fallback,
		Tiers:    map[kest.Tier]kest.Engine{kest.TierEnterprise: enterprise, kest.TierFunction: function},
		Prefixes: map[string]kest.Engine{"cedar": cedar, "opa": fallback},
	})
}

// TestPrecedence: a prefix beats the tier, and the tier beats the default.
func TestPrecedence(t *testing.T) {
	engine := full(t)
	tests := []struct {
		tier           kest.Tier
		policy         string
		engine, wanted string
	}{
		{kest.TierEnterprise, "a", "enterprise", "a"},
		{kest.TierPlatform, "a", "default", "a"},
		{kest.TierApplication, "a/b", "default", "a/b"},
		{kest.TierFunction, "a", "function", "a"},
		{kest.TierEnterprise, "cedar:a", "cedar", "a"},
		{kest.TierPlatform, "cedar:a", "cedar", "a"},
		{kest.TierFunction, "opa:a", "default", "a"},
		{kest.TierFunction, "cedar:App::view", "cedar", "App::view"},
		{kest.TierFunction, "cedar:opa:a", "cedar", "opa:a"},
		{"", "cedar:a", "cedar", "a"},
	}
	for _, tt := range tests {
		allowed, err := engine.Evaluate(t.Context(), tt.policy, &kest.PolicyInput{PolicyTier: tt.tier})
		var got *answer
		if !errors.As(err, &got) || *got != (answer{tt.engine, tt.wanted}) || allowed {
			t.Errorf("%s in the %s tier: got %t, %v", tt.policy, tt.tier, allowed, err)
		}
	}
}

// TestNothingFallsThrough: what leads to no engine is an error that says the way
// out, and never the next engine's decision.
func TestNothingFallsThrough(t *testing.T) {
	all := router.Config{Default: kesttest.Allow(), Prefixes: map[string]kest.Engine{"cedar": kesttest.Allow()}}
	byTier := router.Config{Tiers: map[kest.Tier]kest.Engine{kest.TierPlatform: kesttest.Allow()}}
	tests := []struct {
		name    string
		config  router.Config
		policy  string
		input   *kest.PolicyInput
		failure error
		want    string
	}{
		{"prefix misspelt", all, "ceder:a", &kest.PolicyInput{}, kest.ErrPolicyUnknown, `did you mean "cedar"?`},
		{"prefix in another case", all, "Cedar:a", &kest.PolicyInput{}, kest.ErrPolicyUnknown, `did you mean "cedar"?`},
		{"prefix empty", all, ":a", &kest.PolicyInput{}, kest.ErrPolicyUnknown, `prefix ""`},
		{"colons of a name", all, "App::view", &kest.PolicyInput{}, kest.ErrPolicyUnknown, `prefix "App"`},
		{"nothing behind the prefix", all, "cedar:", &kest.PolicyInput{}, kest.ErrPolicyUnknown, "no name behind the prefix"},
		{"a very long prefix", all, strings.Repeat("x", 4096) + ":a", &kest.PolicyInput{}, kest.ErrPolicyUnknown, "xxx"},
		{"no prefixes", byTier, "cedar:a", &kest.PolicyInput{PolicyTier: kest.TierPlatform}, kest.ErrPolicyUnknown, "there is no prefix at all"},
		{"no default", byTier, "a", &kest.PolicyInput{PolicyTier: kest.TierFunction}, kest.ErrPolicyUnknown, "for the function tier"},
		{"no tiers and no default", router.Config{Prefixes: all.Prefixes}, "a", &kest.PolicyInput{}, kest.ErrPolicyUnknown, "policy's tier"},
		{"no tier in the input", byTier, "a", &kest.PolicyInput{}, kest.ErrPolicyMalformed, `the tier is ""`},
		{"unknown tier in the input", byTier, "a", &kest.PolicyInput{PolicyTier: "Platform"}, kest.ErrPolicyMalformed, `the tier is "Platform"`},
		{"no input", all, "a", nil, kest.ErrPolicyMalformed, "input: there is none"},
	}
	for _, tt := range tests {
		allowed, err := newRouter(t, tt.config).Evaluate(t.Context(), tt.policy, tt.input)
		var policyError *kest.PolicyError
		if allowed || !errors.As(err, &policyError) || policyError.Engine != "router" || !errors.Is(err, tt.failure) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %t, %v", tt.name, allowed, err)
		} else if len(err.Error()) > 1200 {
			t.Errorf("%s: the error has %d bytes", tt.name, len(err.Error()))
		}
	}
}

func TestNilAndZero(t *testing.T) {
	for _, engine := range []*router.Engine{nil, {}} {
		if allowed, err := engine.Evaluate(t.Context(), "a", &kest.PolicyInput{}); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("Evaluate: got %t, %v", allowed, err)
		}
		if err := engine.CheckPolicy("a"); !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("CheckPolicy: got %v", err)
		}
		if err := engine.CheckTierPolicy(kest.TierPlatform, "a"); !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("CheckTierPolicy: got %v", err)
		}
		if digest := engine.PolicyDigest(); digest != "" {
			t.Errorf("PolicyDigest: got %q", digest)
		}
		if allowed, err := engine.PolicySnapshot().Evaluate(t.Context(), "a", &kest.PolicyInput{}); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("PolicySnapshot: got %t, %v", allowed, err)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	allow := kesttest.Allow()
	prefix := func(name string) router.Config {
		return router.Config{Default: allow, Prefixes: map[string]kest.Engine{name: allow}}
	}
	tests := []struct {
		name   string
		config router.Config
		want   []string
	}{
		{"empty", router.Config{}, []string{"no engine: set Default"}},
		{"empty maps", router.Config{Tiers: map[kest.Tier]kest.Engine{}, Prefixes: map[string]kest.Engine{}}, []string{"no engine"}},
		{"typed nil default", router.Config{Default: (*named)(nil)}, []string{"the default route is nil"}},
		{"nil of a prefix", router.Config{Prefixes: map[string]kest.Engine{"cedar": nil}}, []string{"prefix cedar is nil"}},
		{"typed nil of a tier", router.Config{Tiers: map[kest.Tier]kest.Engine{kest.TierPlatform: (*named)(nil)}}, []string{"tier platform is nil"}},
		{"unknown tier", router.Config{Default: allow, Tiers: map[kest.Tier]kest.Engine{"app": allow}}, []string{`unknown tier "app"`}},
		{"empty tier", router.Config{Default: allow, Tiers: map[kest.Tier]kest.Engine{"": allow}}, []string{`unknown tier ""`}},
		{"empty prefix", prefix(""), []string{"a prefix is empty"}},
		{"colon", prefix("cedar:"), []string{`"cedar:" cannot stand`}},
		{"slash", prefix("a/b"), []string{`"a/b" cannot stand`}},
		{"space", prefix("a b"), []string{`"a b" cannot stand`}},
		{"comma", prefix("a,b"), []string{`"a,b" cannot stand`}},
		{"not ASCII", prefix("é"), []string{`"é" cannot stand`}},
		{"not UTF-8", prefix("\xff"), []string{`"\xff" cannot stand`}},
		{"too long", prefix(strings.Repeat("a", 65)), []string{"has 65 bytes"}},
		{"several", router.Config{Tiers: map[kest.Tier]kest.Engine{"app": allow}, Prefixes: map[string]kest.Engine{"": allow, "b": nil}},
			[]string{"unknown tier", "prefix is empty", "prefix b is nil"}},
	}
	for _, tt := range tests {
		engine, err := router.New(tt.config)
		if engine != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: got %v, %v", tt.name, engine, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", tt.name, err, want)
			}
		}
	}
	newRouter(t, prefix("A-z_0.9"))
}

func TestConfigIsCopied(t *testing.T) {
	config := router.Config{Prefixes: map[string]kest.Engine{"cedar": cedar}, Tiers: map[kest.Tier]kest.Engine{kest.TierFunction: function}}
	engine := newRouter(t, config)
	config.Prefixes["other"], config.Tiers[kest.TierPlatform] = kesttest.Allow(), kesttest.Allow()
	for _, policy := range []string{"other:a", "a"} {
		if allowed, err := engine.Evaluate(t.Context(), policy, &kest.PolicyInput{PolicyTier: kest.TierPlatform}); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("%s: got %t, %v", policy, allowed, err)
		}
	}
}

func TestCheck(t *testing.T) {
	engine := full(t)
	tests := []struct {
		tier   kest.Tier // "" for CheckPolicy
		policy string
		want   string // "" for none
	}{
		{kest.TierEnterprise, "e", ""},
		{kest.TierEnterprise, "a", `enterprise policy "a"`},
		{kest.TierPlatform, "a", ""},
		{kest.TierPlatform, "e", `default policy "e"`},
		{kest.TierPlatform, "cedar:a", ""},
		{kest.TierPlatform, "cedar:b", `cedar policy "b"`},
		{kest.TierPlatform, "ceder:a", `did you mean "cedar"?`},
		{"", "e", ""},
		{"", "a", ""},
		{"", "f", ""},
		{"", "cedar:App::view", ""},
		{"", "nowhere", `function policy "nowhere"`},
		{"", "cedar:nowhere", `cedar policy "nowhere"`},
	}
	for _, tt := range tests {
		err := engine.CheckPolicy(tt.policy)
		if tt.tier != "" {
			err = engine.CheckTierPolicy(tt.tier, tt.policy)
		}
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s in %q: %v", tt.policy, tt.tier, err)
		case tt.want != "" && (!errors.Is(err, kest.ErrPolicyUnknown) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s in %q: got %v, want %q", tt.policy, tt.tier, err, tt.want)
		}
	}
	// One problem is said once, though four tiers have it.
	if text := engine.CheckPolicy("cedar:nowhere").Error(); strings.Count(text, "nowhere") != 1 {
		t.Errorf("got %s", text)
	}
	// A tier checks with its own router inside.
	nested := newRouter(t, router.Config{Prefixes: map[string]kest.Engine{"in": engine}})
	if err := nested.CheckTierPolicy(kest.TierEnterprise, "in:a"); !errors.Is(err, kest.ErrPolicyUnknown) {
		t.Errorf("nested: got %v", err)
	}
	if err := nested.CheckPolicy("in:e"); err != nil {
		t.Errorf("nested: %v", err)
	}
	// An engine that cannot say has every policy.
	if err := newRouter(t, router.Config{Default: kesttest.Allow()}).CheckPolicy("any"); err != nil {
		t.Error(err)
	}
}
