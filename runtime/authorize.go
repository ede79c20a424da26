package kest

import (
	"fmt"
	"slices"
)

// authorize evaluates every policy on its own, tier by tier; all must allow, and
// the first that does not ends it (step 8, F-PE-02..08).
func (c *Call) authorize() error {
	in := &c.policyInput
	in.User, in.Agent, in.Task = c.user, c.agent, c.task
	in.TrustScore, in.Taints = c.trust, slices.Clone(c.taints)
	for i := range c.plan.tiers {
		tier := &c.plan.tiers[i]
		in.PolicyTier, in.PolicyNames = tier.tier, tier.shown
		for _, policy := range tier.policies {
			allowed, err := c.evaluate(tier.tier, policy)
			if err != nil || !allowed {
				return c.deny(tier.tier, policy, err)
			}
		}
	}
	return nil
}

// evaluate asks an engine about one policy: the function's own only for the
// policies of its directive. Engines read data that comes from outside; one that
// panics over it could not decide. Its error is looked at here, too: that of an
// engine which returns a nil pointer of its error's type panics when it is.
func (c *Call) evaluate(tier Tier, policy string) (allowed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			allowed, err = false, asPolicyError(policy, fmt.Errorf("engine panicked: %v", r))
		}
	}()
	engine := c.engine
	if tier == TierFunction {
		engine = c.functionEngine
	}
	allowed, err = engine.Evaluate(c.ctx, policy, &c.policyInput)
	if err == nil {
		return allowed, nil
	}
	_ = err.Error() // so that it does not panic in the caller's log
	return false, asPolicyError(policy, err)
}

func (c *Call) deny(tier Tier, policy string, cause error) error {
	denied := &DeniedError{
		Operation: c.hook.config.Operation,
		Policy:    policy,
		Tier:      tier,
		EntryID:   c.entryID,
		Workload:  c.signer.workload,
		Err:       cause,
	}
	c.recordDenied(denied)
	return denied
}
