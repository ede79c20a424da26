package router

import (
	"fmt"
	"strings"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/nearest"
)

// tiers are all that there are, in the order of evaluation.
var tiers = []kest.Tier{kest.TierEnterprise, kest.TierPlatform, kest.TierApplication, kest.TierFunction}

// table says which policy goes to which engine. It never changes.
type table struct {
	prefixes map[string]int
	names    []string // of prefixes, sorted
	tiers    map[kest.Tier]int
	fallback int     // -1 without a default
	routes   []route // by name, for the digest
}

// route is one way to an engine.
type route struct {
	name   string // "default", "prefix cedar", "tier platform"
	engine int
}

// maxShown is how much of a prefix an error quotes, in bytes.
const maxShown = 64

func (t *table) find(tier kest.Tier, policy string) (engine int, name string, err error) {
	unknown := func(format string, args ...any) (int, string, error) {
		return 0, "", policyError(policy, kest.ErrPolicyUnknown, fmt.Errorf(format, args...))
	}
	if prefix, name, ok := strings.Cut(policy, ":"); ok {
		engine, ok := t.prefixes[prefix]
		switch {
		case !ok:
			return unknown("no engine is registered for the prefix %.*q: %s", maxShown, prefix, nearest.Hint(prefix, "prefix", t.names))
		case name == "":
			return unknown("there is no name behind the prefix: write one like %s:payments/allow", prefix)
		}
		return engine, name, nil
	}
	if engine, ok := t.tiers[tier]; ok {
		return engine, policy, nil
	}
	if len(t.tiers) > 0 && !isTier(tier) {
		// Somebody made this input by hand. The tier's own engine might deny
		// what the default one allows.
		return 0, "", policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: the tier is %.*q: it must be enterprise, platform, application or function", maxShown, string(tier)))
	}
	if t.fallback < 0 {
		return unknown("no engine is registered for the %s tier, and there is no default one: set router.Config.Default, or write the prefix of an engine", shownTier(tier))
	}
	return t.fallback, policy, nil
}

func isTier(tier kest.Tier) bool {
	for _, known := range tiers {
		if tier == known {
			return true
		}
	}
	return false
}

// shownTier is a tier in a message that has no place for one that is none.
func shownTier(tier kest.Tier) string {
	if isTier(tier) {
		return string(tier)
	}
	return "policy's"
}
