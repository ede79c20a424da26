package kest

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Config is what a Runtime is made of. Engine and Identity are required, all
// else has defaults. LoadConfig fills in what a kest.yaml says; deviations can
// come from there only.
type Config struct {
	Engine   Engine
	Identity Identity

	// Tiers are the policies of the enterprise, platform and application
	// tiers, evaluated in this order before those of the directive.
	Tiers Tiers
	// Origins adds to the seven built-in origins: name to score, 0–100.
	Origins map[string]int
	// ClassificationTaints replaces the taint that a classification adds: a
	// classification to a taint, "" for none.
	ClassificationTaints map[string]string
	// Evaluator combines trust scores; nil is WeakestLink.
	Evaluator TrustEvaluator
	// Keys are the keys that Runtime.Verifier believes.
	Keys KeySource
	// TracerProvider makes the spans; nil is the global one of OpenTelemetry.
	TracerProvider trace.TracerProvider
	// Logger gets a record of each denial; nil is slog.Default().
	Logger *slog.Logger
	// Thresholds are for who sends passports to other processes: New does not use
	// them.
	Thresholds Thresholds
	// PolicyDir is the directory with the policies, for whoever loads them: New
	// does not read it, and kestgen check does. LoadConfig makes it of the
	// member policies.
	PolicyDir string

	deviations []scopedDeviation
}

// Thresholds are sizes from which on something is done in another way; 0 is the
// default of who does it.
type Thresholds struct {
	// Passport is how many bytes a passport may have in a header: for
	// kestpropagation's Config.Threshold.
	Passport int
}

// Bounds of Thresholds.Passport. Beyond the upper one OpenTelemetry drops members
// of the baggage.
const (
	MinPassportThreshold = 256
	MaxPassportThreshold = 8000
)

// ClassificationTaint gives the taint that entries of a classification get, ""
// for none.
func (c *Config) ClassificationTaint(classification string) string {
	if taint, ok := c.ClassificationTaints[classification]; ok {
		return taint
	}
	return defaultClassificationTaints()[classification]
}

// check finds everything that is wrong with a configuration at once.
func (c *Config) check() error {
	var problems []error
	if c.Engine == nil {
		problems = append(problems, errors.New("no policy engine: set Config.Engine to one of runtime/engine/rego (in process), runtime/engine/opa (sidecar) or, in tests, runtime/kesttest"))
	}
	if c.Identity == nil {
		problems = append(problems, errors.New("no identity: set Config.Identity to one of runtime/identity/local (development) or, in tests, runtime/kesttest"))
	}
	problems = append(problems, c.checkSettings()...)
	if len(problems) == 0 {
		return nil
	}
	return wrap(ErrConfig, "%w", errors.Join(problems...))
}

// checkSettings checks what a configuration file can say.
func (c *Config) checkSettings() (problems []error) {
	problems = append(problems, c.checkTiers()...)
	problems = append(problems, c.checkDeviations()...)
	if _, err := mergeOrigins(c.Origins); err != nil {
		problems = append(problems, err)
	}
	if err := checkClassificationTaints(c.ClassificationTaints); err != nil {
		problems = append(problems, err)
	}
	return problems
}

// list gives the policies that configuration has for a tier.
func (t *Tiers) list(tier Tier) []string {
	switch tier {
	case TierEnterprise:
		return t.Enterprise
	case TierPlatform:
		return t.Platform
	case TierApplication:
		return t.Application
	}
	return nil
}

func (c *Config) checkTiers() (problems []error) {
	for _, tier := range []Tier{TierEnterprise, TierPlatform, TierApplication} {
		list := c.Tiers.list(tier)
		if err := checkPolicyNames(list); err != nil {
			problems = append(problems, fmt.Errorf("%s tier: %w", tier, err))
			continue
		}
		for _, policy := range list {
			if err := hasPolicy(c.Engine, tier, policy); err != nil {
				problems = append(problems, fmt.Errorf("%s tier: %w", tier, err))
			}
		}
	}
	return problems
}

// hasPolicy asks an engine that can say so whether it has a policy.
func hasPolicy(engine Engine, tier Tier, policy string) (err error) {
	defer recoverAs(&err)
	switch checker := engine.(type) {
	case TierPolicyChecker:
		return checker.CheckTierPolicy(tier, policy)
	case PolicyChecker:
		return checker.CheckPolicy(policy)
	}
	return nil
}

// checkPolicyNames refuses what cannot be meant: an empty name, or one that
// stands twice.
func checkPolicyNames(names []string) error {
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		switch {
		case strings.TrimSpace(name) == "":
			return fmt.Errorf("policy %d has no name: name it or remove it", i)
		case strings.TrimSpace(name) != name:
			return fmt.Errorf("policy %q has white space around it: remove it", name)
		case seen[name]:
			return fmt.Errorf("policy %q stands twice: remove one", name)
		}
		seen[name] = true
	}
	return nil
}

func checkClassificationTaints(taints map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(taints)) {
		if !knownClassification(name) {
			return fmt.Errorf("classification taints: %q is no classification: there are system, data, critic, snapshot and sanitizer", name)
		}
	}
	return nil
}
