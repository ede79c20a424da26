package kest

import (
	"errors"
	"fmt"
)

// authorize evaluates every policy on its own, tier by tier; all must allow, and
// the first that does not ends it (step 8, F-PE-02..08).
func (c *Call) authorize() error {
	for i := range c.plan.tiers {
		tier := &c.plan.tiers[i]
		c.policyInput.PolicyTier = tier.tier
		c.policyInput.PolicyNames = tier.policies
		for _, policy := range tier.policies {
			allowed, err := c.evaluate(policy)
			if err != nil || !allowed {
				return c.deny(tier.tier, policy, err)
			}
		}
	}
	return nil
}

// evaluate asks the engine about one policy. Engines read data that comes from
// outside; one that panics over it could not decide.
func (c *Call) evaluate(policy string) (allowed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			allowed, err = false, fmt.Errorf("engine panicked: %v", r)
		}
	}()
	return c.engine.Evaluate(c.ctx, policy, &c.policyInput)
}

func (c *Call) deny(tier Tier, policy string, cause error) error {
	if cause != nil && !errors.Is(cause, ErrPolicy) {
		cause = wrap(ErrPolicy, "%w", cause)
	}
	denied := &DeniedError{
		Operation: c.hook.config.Operation,
		Policy:    policy,
		Tier:      tier,
		EntryID:   c.entryID,
		Err:       cause,
	}
	c.recordDenied(denied)
	return denied
}
