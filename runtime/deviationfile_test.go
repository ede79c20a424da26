package kest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

const (
	residencyFile = `deviations:
  - scope: refund
    policy: kest/residency
    tier: enterprise
    reason: ticket 4711
    approver: ciso@example.com
`
	quotaFile = `{"deviations": [{"scope": "*", "policy": "kest/quota", "tier": "platform", "reason": "load test", "approver": "sre@example.com"}]}`
)

// TestDeviationFiles: files, YAML and JSON, come after kest.yaml in their order,
// and mean what they would mean there.
func TestDeviationFiles(t *testing.T) {
	config, err := loadFiles(t, map[string]string{
		"kest.yaml": tiersConfig + `deviation_files: [d/residency.yaml, d/quota.json]
deviations:
  - {scope: charge, policy: kest/audit, tier: enterprise, reason: r, approver: a}`,
		"d/residency.yaml": residencyFile,
		"d/quota.json":     quotaFile,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for scope, d := range config.Deviations() {
		got = append(got, scope+" "+d.Policy+" "+string(d.Tier)+" "+d.Approver)
	}
	want := []string{"charge kest/audit enterprise a", "refund kest/residency enterprise ciso@example.com", "* kest/quota platform sre@example.com"}
	if !slices.Equal(got, want) {
		t.Errorf("deviations = %q, want %q", got, want)
	}
	for range config.Deviations() {
		break // a loop may end early
	}
	inside := enter(t, testContext(t, config), hook(kest.HookConfig{Operation: "refund"}))
	if got, want := lastEntry(t, inside).PolicyContext.Deviations, []kest.Deviation{fromResidency, fromQuota}; !slices.Equal(got, want) {
		t.Errorf("the entry has %+v, want %+v", got, want)
	}

	// New checks again: what LoadConfig gave can be changed.
	config.Engine, config.Identity = engine(allowAll), identity(workload)
	config.Tiers.Platform = nil
	if _, err := kest.New(config); !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "quota.json: line 1: deviation: the platform tier does not list") {
		t.Errorf("New with another tier list: %v", err)
	}
}

func TestDeviationFilesRefused(t *testing.T) {
	const files = tiersConfig + "deviation_files: [d/q3.yaml]\n"
	for name, test := range map[string]struct {
		config string
		file   string // d/q3.yaml, "" for none
		reason string
	}{
		"missing":               {files, "", "q3.yaml"},
		"a folder":              {tiersConfig + "deviation_files: [d]", residencyFile, "deviation_files"},
		"not a list":            {tiersConfig + "deviation_files: d/q3.yaml", residencyFile, "deviation_files must be a list"},
		"null":                  {tiersConfig + "deviation_files: [null]", residencyFile, "must be a text"},
		"not YAML":              {files, "deviations: [", "not one YAML or JSON document"},
		"two documents":         {files, residencyFile + "---\n" + residencyFile, "not one YAML or JSON document"},
		"empty":                 {files, "\n", "document"},
		"list":                  {files, "[]", "must be a mapping"},
		"other members":         {files, "tiers: {}\n" + residencyFile, `unknown member "tiers"`},
		"without the member":    {files, "{}", "no deviations"},
		"without a deviation":   {files, "deviations: []", "no deviations"},
		"too large":             {files, residencyFile + strings.Repeat("#", 128<<10), "more than"},
		"again in kest.yaml":    {files + "deviations: [{scope: refund, policy: kest/residency, tier: enterprise, reason: r, approver: a}]", residencyFile, "(line 7)"},
		"again in another file": {tiersConfig + "deviation_files: [d/q3.yaml, d/same.yaml]", residencyFile, "q3.yaml: line 2)"},
		"file twice":            {tiersConfig + "deviation_files: [d/q3.yaml, d/../d/q3.yaml]", residencyFile, "earlier deviation already"},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]string{"kest.yaml": test.config, "d/same.yaml": residencyFile}
			if test.file != "" {
				all["d/q3.yaml"] = test.file
			}
			if _, err := loadFiles(t, all); !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.reason)
			}
		})
	}
}

// FuzzDeviationFile: nothing panics; a signature is accepted only if it is the
// one that the approver's key makes of this file (Ed25519 is deterministic); and
// what is accepted has every part.
func FuzzDeviationFile(f *testing.F) {
	for _, file := range []string{residencyFile, unnamedFile, quotaFile, "deviations: []", "{}", "deviations: [{<<: *a}]", "deviations:\n- scope: a\n  scope: b\n"} {
		f.Add(file, "")
		f.Add(file, approve(f, ciso, unnamedFile))
	}
	f.Add(residencyFile, approve(f, ciso, residencyFile))
	f.Add(residencyFile, strings.TrimSpace(approve(f, ciso, residencyFile)))
	keys, err := kest.NewKeySet(publicKey(ciso))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Now()
	f.Fuzz(func(t *testing.T, text, signature string) {
		file, err := kest.ParseDeviationFile([]byte(text))
		if err != nil {
			if file != nil || !errors.Is(err, kest.ErrConfig) {
				t.Fatalf("%q: %v beside %v", text, file, err)
			}
			return
		}
		seen := make(map[string]bool)
		for scope, d := range file.Deviations() {
			if scope == "" || d.Policy == "" || d.Reason == "" || !slices.Contains([]kest.Tier{kest.TierEnterprise, kest.TierPlatform, kest.TierApplication}, d.Tier) {
				t.Fatalf("%q: accepted %q %+v", text, scope, d)
			}
			key := fmt.Sprintf("%q %q %q", d.Tier, d.Policy, scope)
			if seen[key] {
				t.Fatalf("%q: accepted %s twice", text, key)
			}
			seen[key] = true
		}
		if len(seen) == 0 {
			t.Fatalf("%q: accepted without a deviation", text)
		}
		approval, err := kest.ParseApproval([]byte(signature))
		if err != nil {
			return
		}
		owner, err := file.Approver(approval, keys, now)
		if (err == nil) != (owner == ciso) {
			t.Fatalf("%q: %q beside %v", signature, owner, err)
		}
		if err == nil {
			if own, err := file.Approve(privateKey(ciso)); err != nil || strings.TrimSuffix(signature, "\n") != strings.TrimSuffix(string(own), "\n") {
				t.Fatalf("%q is accepted for %q, whose signature is %q (%v)", signature, text, own, err)
			}
		}
	})
}
