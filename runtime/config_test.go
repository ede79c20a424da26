package kest_test

import (
	"errors"
	"fmt"
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

// writeConfig writes a kest.yaml with a key set beside it.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	jwks, err := keySet(t, workload).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return writeFiles(t, map[string]string{"kest.yaml": text, "keys.jwks": string(jwks)})
}

func TestLoadConfigRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, reason string }{
		"unknown member":          {"tires: {}", "tires"},
		"unknown tier list":       {"tiers: {function: [a]}", "function"},
		"member twice":            {"origins: {}\norigins: {}", "origins"},
		"two documents":           {"origins: {}\n---\norigins: {}", "document"},
		"not YAML":                {"tiers: [", "kest.yaml"},
		"list of lists":           {"tiers: {enterprise: [[a]]}", "kest.yaml"},
		"policy twice":            {"tiers: {enterprise: [a, a]}", "twice"},
		"built-in origin":         {"origins: {llm: 100}", "llm"},
		"origin not a number":     {"origins: {partner: high}", "kest.yaml"},
		"null in a list":          {"tiers: {enterprise: [kest/a, null, kest/b]}", "line 1: an element of enterprise must be a text, and is empty"},
		"empty element":           {"tiers:\n  enterprise:\n    - kest/a\n    -\n", "line 4"},
		"null list":               {"tiers: {enterprise: null}", "must be a list"},
		"null tiers":              {"tiers:", "must be a mapping"},
		"null document":           {"null", "must be a mapping"},
		"null origin":             {"origins: {a: null}", "whole number"},
		"null taint":              {"classification_taints: {data: null}", "must be a text"},
		"null key file":           {"keys: [null]", "must be a text"},
		"number for a policy":     {"tiers: {enterprise: [1]}", "must be a text, and is int"},
		"date for a policy":       {"tiers: {enterprise: [2024-01-01]}", "must be a text"},
		"boolean for a policy":    {"tiers: {enterprise: [true]}", "must be a text, and is bool"},
		"blank policy":            {"tiers: {enterprise: [\" \"]}", "no name"},
		"alias":                   {"tiers: {enterprise: &all [a], platform: *all}", "anchor or alias"},
		"merge key":               {"tiers: {<<: {enterprise: [a]}}", "a name in tiers"},
		"explicit tag":            {"tiers: {enterprise: [!!binary a2VzdA==]}", "explicit tag"},
		"threshold too small":     {"thresholds: {passport: 255}", "256 to 8000"},
		"threshold too large":     {"thresholds: {passport: 8001}", "256 to 8000"},
		"threshold of nothing":    {"thresholds: {passpport: 4096}", "passpport"},
		"fraction for a score":    {"origins: {partner: 1.5}", "whole number"},
		"empty file":              {"", "document"},
		"comments only":           {"# nothing yet", "document"},
		"unknown classification":  {"classification_taints: {secret: x}", "secret"},
		"key file missing":        {"keys: [nothing.jwks]", "nothing.jwks"},
		"key file is no key file": {"keys: [kest.yaml]", "kest.yaml"},
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
	config, err := kest.LoadConfig(writeConfig(t, `{"tiers": {"enterprise": ["kest/a"]}, "origins": {"partner": 5}, "thresholds": {"passport": 2048}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(config.Tiers.Enterprise, []string{"kest/a"}) || config.Origins["partner"] != 5 || config.Thresholds.Passport != 2048 {
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
