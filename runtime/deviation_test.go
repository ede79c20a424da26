package kest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

const tiersConfig = `
tiers:
  enterprise: [kest/residency, kest/audit]
  platform: [kest/quota]
  application: [kest/hours]
`

// fullConfig has a member of every kind.
const fullConfig = tiersConfig + `
deviations:
  - {scope: refund, policy: kest/residency, tier: enterprise, reason: "ticket 4711", approver: ciso@example.com}
  - {scope: "*", policy: kest/quota, tier: platform, reason: "load test", approver: sre@example.com}
origins: {partner_feed: 70}
classification_taints: {snapshot: frozen}
keys: [keys.jwks]
`

var (
	fromResidency = kest.Deviation{Policy: "kest/residency", Tier: kest.TierEnterprise, Reason: "ticket 4711", Approver: "ciso@example.com"}
	fromQuota     = kest.Deviation{Policy: "kest/quota", Tier: kest.TierPlatform, Reason: "load test", Approver: "sre@example.com"}
)

// writeFiles writes files into a new folder and gives the path of kest.yaml there.
func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "kest.yaml")
}

func loadFiles(t testing.TB, files map[string]string) (kest.Config, error) {
	t.Helper()
	return kest.LoadConfig(writeFiles(t, files))
}

// asked are the policies that an engine was asked about, each with its tier.
func asked(recorder *kesttest.Recorder) (list []string) {
	for _, call := range recorder.Calls() {
		list = append(list, string(call.Input.PolicyTier)+" "+call.Policy)
	}
	return list
}

// evaluated are the policies that an entry names, each with its tier.
func evaluated(c kest.PolicyContext) (list []string) {
	for _, tier := range []struct {
		name     kest.Tier
		policies []string
	}{
		{kest.TierEnterprise, c.EnterprisePolicies}, {kest.TierPlatform, c.PlatformPolicies},
		{kest.TierApplication, c.AppPolicies}, {kest.TierFunction, c.FunctionPolicies},
	} {
		for _, policy := range tier.policies {
			list = append(list, string(tier.name)+" "+policy)
		}
	}
	return list
}

// TestDeviationIsApplied: F-AE-13, PROTOCOL §8: a deviation skips one policy of
// one tier for its operation, engines see it, and it stands in the signed entry,
// which does not name the policy that was skipped.
func TestDeviationIsApplied(t *testing.T) {
	testDeviations(t, "refund",
		[]string{"enterprise kest/audit", "application kest/hours", "function kest/allow"},
		[]kest.Deviation{fromResidency, fromQuota})
}

// TestDeviationIsNotAppliedToAnotherOperation, but one for all operations is.
func TestDeviationIsNotAppliedToAnotherOperation(t *testing.T) {
	for _, operation := range []string{"charge", "Refund", "refund2", "*"} {
		t.Run(operation, func(t *testing.T) {
			testDeviations(t, operation,
				[]string{"enterprise kest/residency", "enterprise kest/audit", "application kest/hours", "function kest/allow"},
				[]kest.Deviation{fromQuota})
		})
	}
}

func testDeviations(t *testing.T, operation string, policies []string, deviations []kest.Deviation) {
	t.Helper()
	config, err := kest.LoadConfig(writeConfig(t, fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	recorder := kesttest.Record(kesttest.Allow())
	config.Engine = recorder
	rt := newRuntime(t, config)
	ctx := kest.NewContext(t.Context(), rt)
	inside := enter(t, ctx, hook(kest.HookConfig{Operation: operation, Source: "partner_feed", Classification: kest.ClassSnapshot}))

	if got := asked(recorder); !slices.Equal(got, policies) {
		t.Errorf("asked %q, want %q", got, policies)
	}
	for _, call := range recorder.Calls() {
		if !slices.Equal(call.Input.Deviations, deviations) {
			t.Errorf("%s was asked with the deviations %+v, want %+v", call.Policy, call.Input.Deviations, deviations)
		}
		document, err := call.Input.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deviations {
			if want := fmt.Sprintf(`{"approver":%q,"policy":%q,"reason":%q,"tier":%q}`, d.Approver, d.Policy, d.Reason, d.Tier); !strings.Contains(string(document), want) {
				t.Errorf("%s was asked with %s, which lacks %s", call.Policy, document, want)
			}
		}
	}
	v, err := rt.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(t.Context(), kest.PassportFromContext(inside)); err != nil {
		t.Error(err)
	}
	entry := lastEntry(t, inside)
	if got := evaluated(entry.PolicyContext); !slices.Equal(got, policies) {
		t.Errorf("the entry names %q, want %q", got, policies)
	}
	if !slices.Equal(entry.PolicyContext.Deviations, deviations) {
		t.Errorf("the entry has %+v, want %+v", entry.PolicyContext.Deviations, deviations)
	}
	if entry.TrustScore != 70 || !slices.Equal(entry.Taints, []string{"frozen"}) {
		t.Errorf("trust %d and taints %q, want 70 and [frozen]", entry.TrustScore, entry.Taints)
	}
}

// TestDeviationSkipsOneTierOnly: a policy of the same name in another tier, and
// in the directive, is evaluated.
func TestDeviationSkipsOneTierOnly(t *testing.T) {
	config, err := loadFiles(t, map[string]string{"kest.yaml": `
tiers: {enterprise: [kest/a], platform: [kest/a]}
deviations:
  - {scope: "*", policy: kest/a, tier: enterprise, reason: r, approver: a}
`})
	if err != nil {
		t.Fatal(err)
	}
	recorder := kesttest.Record(kesttest.Allow())
	config.Engine = recorder
	enter(t, testContext(t, config), hook(kest.HookConfig{Policies: []string{"kest/a"}}))
	if got, want := asked(recorder), []string{"platform kest/a", "function kest/a"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// TestDeviationsLeaveTheFunctionTier: with everything else skipped, the policies
// of the directive still decide.
func TestDeviationsLeaveTheFunctionTier(t *testing.T) {
	config, err := loadFiles(t, map[string]string{"kest.yaml": `
tiers: {enterprise: [kest/a]}
deviations:
  - {scope: "*", policy: kest/a, tier: enterprise, reason: r, approver: a}
`})
	if err != nil {
		t.Fatal(err)
	}
	config.Engine = kesttest.Deny()
	err = run(testContext(t, config), hook(kest.HookConfig{}), `{}`, notCalled(t))
	if denied, ok := errors.AsType[*kest.DeniedError](err); !ok || denied.Tier != kest.TierFunction {
		t.Errorf("error = %v, want a denial by the function tier", err)
	}
}

// TestEngineCannotRewriteDeviations: an engine that code brings along and that
// writes into its input does not change what the policies of the configuration see
// of the next call.
func TestEngineCannotRewriteDeviations(t *testing.T) {
	config, err := kest.LoadConfig(writeConfig(t, fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	recorder := kesttest.Record(kesttest.Allow())
	config.Engine = recorder
	ctx := testContext(t, config)
	own := engine(func(_ string, in *kest.PolicyInput) (bool, error) {
		clear(in.Deviations)
		return true, nil
	})
	h := hook(kest.HookConfig{Operation: "refund", Source: "partner_feed", Engine: func() kest.Engine { return own }})
	for range 2 {
		enter(t, ctx, h)
	}
	for _, call := range recorder.Calls() {
		if want := []kest.Deviation{fromResidency, fromQuota}; !slices.Equal(call.Input.Deviations, want) {
			t.Errorf("%s was asked with the deviations %+v, want %+v", call.Policy, call.Input.Deviations, want)
		}
	}
}

// TestDeviationsRefused has what is wrong with deviations themselves, in kest.yaml
// and in a file of their own alike.
func TestDeviationsRefused(t *testing.T) {
	for name, test := range map[string]struct{ list, reason string }{
		"unknown policy":           {`[{scope: a, policy: kest/residenci, tier: enterprise, reason: r, approver: a}]`, "deviates from nothing: correct the name"},
		"wrong tier":               {`[{scope: a, policy: kest/residency, tier: platform, reason: r, approver: a}]`, "deviates from nothing: the enterprise tier does"},
		"function policy":          {`[{scope: operation, policy: kest/allow, tier: enterprise, reason: r, approver: a}]`, "deviates from nothing"},
		"function tier":            {`[{scope: operation, policy: kest/allow, tier: function, reason: r, approver: a}]`, "nothing deviates from them"},
		"two for one policy":       {`[{scope: a, policy: kest/quota, tier: platform, reason: r, approver: a}, {scope: a, policy: kest/quota, tier: platform, reason: s, approver: b}]`, "earlier deviation already"},
		"two, first for all":       {`[{scope: "*", policy: kest/quota, tier: platform, reason: r, approver: a}, {scope: a, policy: kest/quota, tier: platform, reason: s, approver: b}]`, "earlier deviation already"},
		"two, second for all":      {`[{scope: a, policy: kest/quota, tier: platform, reason: r, approver: a}, {scope: "*", policy: kest/quota, tier: platform, reason: s, approver: b}]`, "earlier deviation already"},
		"unknown tier":             {`[{scope: a, policy: kest/residency, tier: galactic, reason: r, approver: a}]`, `unknown tier "galactic"`},
		"tier in capitals":         {`[{scope: a, policy: kest/residency, tier: Enterprise, reason: r, approver: a}]`, `unknown tier "Enterprise"`},
		"no tier":                  {`[{scope: a, policy: kest/residency, reason: r, approver: a}]`, `unknown tier ""`},
		"no scope":                 {`[{policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, "no scope"},
		"blank scope":              {`[{scope: " ", policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, "no scope"},
		"space before the scope":   {`[{scope: " refund", policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, `" refund" has white space around it`},
		"no policy":                {`[{scope: a, tier: enterprise, reason: r, approver: a}]`, "no policy"},
		"no reason":                {`[{scope: a, policy: kest/residency, tier: enterprise, approver: a}]`, "no reason"},
		"blank reason":             {`[{scope: a, policy: kest/residency, tier: enterprise, reason: "\t", approver: a}]`, "no reason"},
		"no approver":              {`[{scope: a, policy: kest/residency, tier: enterprise, reason: r}]`, "no approver"},
		"blank approver":           {`[{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: ""}]`, "approver is empty"},
		"null approver":            {`[{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: null}]`, "approver must be a text"},
		"list of scopes":           {`[{scope: [a, b], policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, "scope must be a text"},
		"unknown member":           {`[{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: a, until: never}]`, `unknown member "until"`},
		"member twice":             {`[{scope: a, scope: "*", policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, "scope"},
		"alias":                    {`[&one {scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: a}, *one]`, "anchor or alias"},
		"merge key":                {`[{<<: {scope: a}, policy: kest/residency, tier: enterprise, reason: r, approver: a}]`, "a name in a deviation"},
		"null":                     {`[null]`, "a deviation must be a mapping"},
		"null list":                {`null`, "deviations must be a list"},
		"one that is not listed":   {`{scope: a, policy: kest/residency, tier: enterprise, reason: r, approver: a}`, "deviations must be a list"},
		"all mistakes are told, 1": {`[{scope: a, policy: kest/b, tier: enterprise, reason: r, approver: a}, {scope: a, policy: kest/c, tier: platform, reason: r, approver: a}]`, "kest/b"},
		"all mistakes are told, 2": {`[{scope: a, policy: kest/b, tier: enterprise, reason: r, approver: a}, {scope: a, policy: kest/c, tier: platform, reason: r, approver: a}]`, "kest/c"},
	} {
		for place, files := range map[string]map[string]string{
			"inline": {"kest.yaml": tiersConfig + "deviations: " + test.list},
			"file":   {"kest.yaml": tiersConfig + "deviation_files: [d/q3.yaml]", "d/q3.yaml": "deviations: " + test.list},
		} {
			t.Run(name+"/"+place, func(t *testing.T) {
				config, err := loadFiles(t, files)
				if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.reason) {
					t.Errorf("error = %v, want ErrConfig that holds %q", err, test.reason)
				}
				if place == "file" && !strings.Contains(err.Error(), "q3.yaml") {
					t.Errorf("the error does not name the file: %v", err)
				}
				for range config.Deviations() {
					t.Error("there is a deviation beside the error")
				}
			})
		}
	}
}
