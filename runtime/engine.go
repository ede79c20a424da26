package kest

import "context"

// An Engine decides one policy over one input document. It is called for every
// policy of every tier, from many goroutines at once.
//
// Only a true with a nil error allows. An error means that the engine could not
// decide, and should be a *PolicyError that says in which way; the call is then
// denied with a *DeniedError that wraps it (F-PE-04). The input must not be
// changed or kept after Evaluate returns.
//
// Engines in this module are under runtime/engine: rego and cedar (in process),
// opa, cedaragent and avp (servers), router, cache and reload (around others);
// and runtime/kesttest has those for tests.
type Engine interface {
	Evaluate(ctx context.Context, policy string, input *PolicyInput) (bool, error)
}

// A PolicyDigester is an Engine that knows the policies it has loaded. Their
// digest goes into every entry as the label kest.policy_digest.
type PolicyDigester interface {
	// PolicyDigest is the hex SHA-256 over the loaded policies.
	PolicyDigest() string
}

// A PolicyChecker is an Engine that can say before the first call whether it
// has a policy. New asks it about every policy that a tier names, so that a
// misspelt one is an error at start-up.
type PolicyChecker interface {
	// CheckPolicy returns nil if the engine can evaluate the policy, else an
	// error that names it and what is near.
	CheckPolicy(policy string) error
}

// A TierPolicyChecker is a PolicyChecker whose answer depends on the tier that
// names the policy, such as one that asks another engine for each tier. New
// calls CheckTierPolicy instead of CheckPolicy.
type TierPolicyChecker interface {
	// CheckTierPolicy is CheckPolicy for a policy that this tier names.
	CheckTierPolicy(tier Tier, policy string) error
}

// A PolicySnapshotter is an Engine whose policies may change while the program
// runs. Each call takes one snapshot and asks it about all its policies, so that
// no call is decided half by old policies and half by new ones, and the digest
// in its entry is of those that decided.
type PolicySnapshotter interface {
	// PolicySnapshot is an engine with the policies of this moment, which it
	// keeps. It is called for every call and should cost next to nothing. If it
	// has a digest, it implements PolicyDigester.
	PolicySnapshot() Engine
}
