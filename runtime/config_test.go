package kest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

func TestNewNeedsEngineAndIdentity(t *testing.T) {
	_, err := kest.New(kest.Config{})
	if !errors.Is(err, kest.ErrConfig) {
		t.Fatalf("error = %v, want ErrConfig", err)
	}
	for _, way := range []string{"engine/rego", "engine/opa", "identity/local"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("the error does not name %s: %v", way, err)
		}
	}
}

// TestNewTriesTheIdentity: no key is an error at construction.
func TestNewTriesTheIdentity(t *testing.T) {
	noKey := errors.New("no key yet")
	for _, broken := range []kest.Identity{brokenIdentity{err: noKey}, brokenIdentity{}} {
		if _, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: broken}); !errors.Is(err, kest.ErrConfig) {
			t.Errorf("error = %v, want ErrConfig", err)
		}
	}
}

// checkedEngine knows its policies.
type checkedEngine struct{ engine }

func (checkedEngine) CheckPolicy(policy string) error {
	if policy != "kest/known" {
		return fmt.Errorf("no policy %q", policy)
	}
	return nil
}

func TestTiersAreChecked(t *testing.T) {
	for name, test := range map[string]struct {
		tiers kest.Tiers
		text  string
	}{
		"empty name": {kest.Tiers{Enterprise: []string{""}}, "no name"},
		"twice":      {kest.Tiers{Platform: []string{"kest/known", "kest/known"}}, "twice"},
		"unknown":    {kest.Tiers{Application: []string{"kest/unknown"}}, `no policy "kest/unknown"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kest.New(kest.Config{Engine: checkedEngine{allowAll}, Identity: identity(workload), Tiers: test.tiers})
			if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.text)
			}
		})
	}
}

func TestConfigIsCopied(t *testing.T) {
	tiers := kest.Tiers{Enterprise: []string{"kest/e"}}
	ctx := testContext(t, kest.Config{Tiers: tiers, Engine: engine(func(policy string, _ *kest.PolicyInput) (bool, error) { return policy != "kest/e", nil })})
	tiers.Enterprise[0] = "kest/harmless"
	if err := run(ctx, hook(kest.HookConfig{}), `{}`, notCalled(t)); !errors.Is(err, kest.ErrDenied) {
		t.Errorf("a change after New has effect: %v", err)
	}
}

const fullConfig = `
tiers:
  enterprise: [kest/residency, kest/audit]
  platform: [kest/quota]
  application: []
deviations:
  - {scope: refund, policy: kest/residency, tier: enterprise, reason: "ticket 4711", approver: ciso@example.com}
  - {scope: "*", policy: kest/quota, tier: platform, reason: "load test", approver: sre@example.com}
origins: {partner_feed: 70}
classification_taints: {snapshot: frozen}
keys: [keys.jwks]
`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	jwks, err := keySet(t, workload).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"kest.yaml": text, "keys.jwks": string(jwks)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "kest.yaml")
}

// TestDeviations: F-AE-13, PROTOCOL §8: a deviation skips one policy of one
// tier for one operation, and stands in the signed entry.
func TestDeviations(t *testing.T) {
	config, err := kest.LoadConfig(writeConfig(t, fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	var active int
	config.Engine = engine(func(policy string, in *kest.PolicyInput) (bool, error) {
		asked = append(asked, policy)
		active = len(in.Deviations)
		return true, nil
	})
	ctx := testContext(t, config)
	for operation, test := range map[string]struct {
		asked      []string
		deviations []kest.Deviation
	}{
		"refund": {[]string{"kest/audit", "kest/allow"}, []kest.Deviation{
			{Policy: "kest/residency", Tier: kest.TierEnterprise, Reason: "ticket 4711", Approver: "ciso@example.com"},
			{Policy: "kest/quota", Tier: kest.TierPlatform, Reason: "load test", Approver: "sre@example.com"},
		}},
		"charge": {[]string{"kest/residency", "kest/audit", "kest/allow"}, []kest.Deviation{
			{Policy: "kest/quota", Tier: kest.TierPlatform, Reason: "load test", Approver: "sre@example.com"},
		}},
	} {
		asked = nil
		inside := enter(t, ctx, hook(kest.HookConfig{Operation: operation, Source: "partner_feed", Classification: kest.ClassSnapshot}))
		entry := lastEntry(t, inside)
		if !slices.Equal(asked, test.asked) || active != len(test.deviations) {
			t.Errorf("%s: asked %q with %d deviations, want %q with %d", operation, asked, active, test.asked, len(test.deviations))
		}
		if !slices.Equal(entry.PolicyContext.Deviations, test.deviations) {
			t.Errorf("%s: the entry has %+v, want %+v", operation, entry.PolicyContext.Deviations, test.deviations)
		}
		if c := entry.PolicyContext; !slices.Equal(slices.Concat(c.EnterprisePolicies, c.PlatformPolicies, c.AppPolicies, c.FunctionPolicies), test.asked) {
			t.Errorf("%s: the entry names %+v, want what was evaluated", operation, c)
		}
		if entry.TrustScore != 70 || !slices.Equal(entry.Taints, []string{"frozen"}) {
			t.Errorf("%s: trust %d and taints %q, want 70 and [frozen]", operation, entry.TrustScore, entry.Taints)
		}
		rt, err := kest.FromContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		v, err := rt.Verifier()
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(context.Background(), kest.PassportFromContext(inside)); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadConfigRefuses(t *testing.T) {
	deviation := func(text string) string {
		return "tiers: {enterprise: [kest/residency]}\ndeviations:\n  - " + text + "\n"
	}
	for name, test := range map[string]struct{ text, reason string }{
		"unknown member":           {"tires: {}", "tires"},
		"unknown tier list":        {"tiers: {function: [a]}", "function"},
		"unknown deviation member": {deviation("{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: a, until: never}"), "until"},
		"member twice":             {"origins: {}\norigins: {}", "origins"},
		"two documents":            {"origins: {}\n---\norigins: {}", "document"},
		"not YAML":                 {"tiers: [", "kest.yaml"},
		"list of lists":            {"tiers: {enterprise: [[a]]}", "kest.yaml"},
		"policy twice":             {"tiers: {enterprise: [a, a]}", "twice"},
		"built-in origin":          {"origins: {llm: 100}", "llm"},
		"origin not a number":      {"origins: {partner: high}", "kest.yaml"},
		"null in a list":           {"tiers: {enterprise: [kest/a, null, kest/b]}", "line 1: an element of enterprise must be a text, and is empty"},
		"empty element":            {"tiers:\n  enterprise:\n    - kest/a\n    -\n", "line 4"},
		"null list":                {"tiers: {enterprise: null}", "must be a list"},
		"null tiers":               {"tiers:", "must be a mapping"},
		"null document":            {"null", "must be a mapping"},
		"null deviation":           {"deviations: [null]", "must be a mapping"},
		"null origin":              {"origins: {a: null}", "whole number"},
		"null taint":               {"classification_taints: {data: null}", "must be a text"},
		"null key file":            {"keys: [null]", "must be a text"},
		"number for a policy":      {"tiers: {enterprise: [1]}", "must be a text, and is int"},
		"date for a policy":        {"tiers: {enterprise: [2024-01-01]}", "must be a text"},
		"boolean for a policy":     {"tiers: {enterprise: [true]}", "must be a text, and is bool"},
		"blank policy":             {"tiers: {enterprise: [\" \"]}", "no name"},
		"alias":                    {"tiers: {enterprise: &all [a], platform: *all}", "anchor or alias"},
		"merge key":                {"tiers: {<<: {enterprise: [a]}}", "a name in tiers"},
		"explicit tag":             {"tiers: {enterprise: [!!binary a2VzdA==]}", "explicit tag"},
		"fraction for a score":     {"origins: {partner: 1.5}", "whole number"},
		"empty file":               {"", "document"},
		"comments only":            {"# nothing yet", "document"},
		"unknown classification":   {"classification_taints: {secret: x}", "secret"},
		"no scope":                 {deviation("{policy: kest/residency, tier: enterprise, reason: r, approver: a}"), "scope"},
		"no policy":                {deviation("{scope: a, tier: enterprise, reason: r, approver: a}"), "policy"},
		"no reason":                {deviation("{scope: a, policy: kest/residency, tier: enterprise, approver: a}"), "reason"},
		"no approver":              {deviation("{scope: a, policy: kest/residency, tier: enterprise, reason: r}"), "approver"},
		"unknown tier":             {deviation("{scope: a, policy: kest/residency, tier: galactic, reason: r, approver: a}"), "galactic"},
		"function tier":            {deviation("{scope: a, policy: kest/residency, tier: function, reason: r, approver: a}"), "function"},
		"policy of no tier":        {deviation("{scope: a, policy: kest/residenci, tier: enterprise, reason: r, approver: a}"), "deviates from nothing"},
		"policy of another tier":   {deviation("{scope: a, policy: kest/residency, tier: platform, reason: r, approver: a}"), "deviates from nothing"},
		"deviation twice":          {deviation("{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: a}\n  - {scope: \"*\", policy: kest/residency, tier: enterprise, reason: r, approver: a}"), "earlier deviation"},
		"key file missing":         {"keys: [nothing.jwks]", "nothing.jwks"},
		"key file is no key file":  {"keys: [kest.yaml]", "kest.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kest.LoadConfig(writeConfig(t, test.text))
			if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.reason)
			}
		})
	}
	if _, err := kest.LoadConfig(filepath.Join(t.TempDir(), "kest.yaml")); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("a missing file: %v, want ErrConfig", err)
	}
}

func TestLoadConfigJSON(t *testing.T) {
	config, err := kest.LoadConfig(writeConfig(t, `{"tiers": {"enterprise": ["kest/a"]}, "origins": {"partner": 5}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(config.Tiers.Enterprise, []string{"kest/a"}) || config.Origins["partner"] != 5 {
		t.Errorf("config = %+v", config)
	}
}

// TestLoadConfigPolicyDir: the member policies is relative to the file, and need
// not be there when the service runs.
func TestLoadConfigPolicyDir(t *testing.T) {
	for text, want := range map[string]string{
		"policies: rules/rego": "rules/rego",
		"policies: ../rules":   "../rules",
		"policies: .":          ".",
	} {
		path := writeConfig(t, text)
		config, err := kest.LoadConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(filepath.Dir(path), want); config.PolicyDir != want {
			t.Errorf("%s: PolicyDir = %q, want %q", text, config.PolicyDir, want)
		}
	}
	for text, want := range map[string]string{"policies: /rules": "/rules", "origins: {}": ""} {
		if config, err := kest.LoadConfig(writeConfig(t, text)); err != nil || config.PolicyDir != want {
			t.Errorf("%s: PolicyDir = %q, %v, want %q", text, config.PolicyDir, err, want)
		}
	}
}

// TestConfigDeviations: tools see what the file has, in its order.
func TestConfigDeviations(t *testing.T) {
	config, err := kest.LoadConfig(writeConfig(t, fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for scope, d := range config.Deviations() {
		got = append(got, scope+" "+d.Policy+" "+string(d.Tier)+" "+d.Approver)
	}
	want := []string{"refund kest/residency enterprise ciso@example.com", "* kest/quota platform sre@example.com"}
	if !slices.Equal(got, want) {
		t.Errorf("deviations = %q, want %q", got, want)
	}
	for range config.Deviations() {
		break // a loop may end early
	}
}
