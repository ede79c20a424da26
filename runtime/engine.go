package kest

import "context"

// An Engine decides one policy over one input document. It is called for every
// policy of every tier, from many goroutines at once.
//
// Only a true with a nil error allows. An error means that the engine could not
// decide (unreachable, timed out, unknown policy, an answer of the wrong
// shape): the call is then denied with a *DeniedError that wraps it, and the
// error should match ErrPolicy (NF-SEC, F-PE-04). The input must not be
// changed or kept after Evaluate returns.
//
// Engines in this module: runtime/engine/rego (in process), runtime/engine/opa
// (sidecar), runtime/kesttest (for tests).
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
