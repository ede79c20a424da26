// Package behind is for engines that stand in front of others: it asks the
// engine behind for what it may or may not implement, so that a wrapper hides
// nothing of it from the hook.
package behind

import (
	"fmt"
	"slices"

	kest "github.com/kestgo/kest/runtime"
)

// IsNil tells an engine that is nil, also as a nil pointer, map or function of
// some type, which is not equal to nil. It is for constructors: it is slow.
func IsNil(engine kest.Engine) bool {
	return engine == nil || fmt.Sprintf("%p", engine) == "0x0"
}

// Same tells whether two engines are one value. Those of types that Go cannot
// compare, such as functions, are never the same.
func Same(a, b kest.Engine) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a == b
}

// Snapshot is the engine with its policies of this moment: engine itself if it
// is no [kest.PolicySnapshotter]. It is nil only if PolicySnapshot is.
func Snapshot(engine kest.Engine) kest.Engine {
	if s, ok := engine.(kest.PolicySnapshotter); ok {
		return s.PolicySnapshot()
	}
	return engine
}

// Digest is the digest of the engine's policies, "" if it does not know it.
func Digest(engine kest.Engine) string {
	if digester, ok := engine.(kest.PolicyDigester); ok {
		return digester.PolicyDigest()
	}
	return ""
}

// CanCheck tells whether the engine knows before a call if it has a policy.
func CanCheck(engine kest.Engine) bool {
	switch engine.(type) {
	case kest.PolicyChecker, kest.TierPolicyChecker:
		return true
	}
	return false
}

// Check asks the engine whether it has a policy. nil is also the answer of one
// that cannot say.
func Check(engine kest.Engine, policy string) error {
	if checker, ok := engine.(kest.PolicyChecker); ok {
		return checker.CheckPolicy(policy)
	}
	return nil
}

// CheckTier is [Check] for a policy that a tier names.
func CheckTier(engine kest.Engine, tier kest.Tier, policy string) error {
	if checker, ok := engine.(kest.TierPolicyChecker); ok {
		return checker.CheckTierPolicy(tier, policy)
	}
	return Check(engine, policy)
}

// Clone copies an input, so that the copy may be kept when Evaluate has
// returned. nil is nil.
func Clone(input *kest.PolicyInput) *kest.PolicyInput {
	if input == nil {
		return nil
	}
	c := *input
	c.Taints = slices.Clone(c.Taints)
	c.Attributes = slices.Clone(c.Attributes)
	c.PolicyNames = slices.Clone(c.PolicyNames)
	c.Deviations = slices.Clone(c.Deviations)
	return &c
}
