package avp

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/deadline"
)

// Evaluate asks the policy store for one policy (F-PE-04, TC-09). It returns
// true only if the decision is ALLOW and the service reports no errors, and
// false without an error if it is DENY.
//
// Errors are of type [*kest.PolicyError] and have no text of the service's in
// them, which can quote the input: they have its error code and request id. One
// for the time-out matches [context.DeadlineExceeded] too.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if e == nil || e.client == nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, errNotMade)
	}
	if err := checkName(policy); err != nil {
		return false, policyError(policy, kest.ErrPolicyUnknown, err)
	}
	question, err := e.question(policy, input)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: %w", err))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, deadline.Exceeded("Amazon Verified Permissions", e.timeout))
	defer cancel()
	answer, err := e.client.IsAuthorized(ctx, question)
	if err != nil {
		if ctx.Err() != nil {
			// What ended the wait says more than what it ended in.
			return false, policyError(policy, kest.ErrPolicyUnreachable, context.Cause(ctx))
		}
		failure, cause := e.explain(err)
		return false, policyError(policy, failure, cause)
	}
	allowed, err := decide(answer)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, err)
	}
	return allowed, nil
}

// CheckPolicy returns an error that matches [kest.ErrPolicyUnknown] if no store
// could have a policy of that name. It does not ask the service, which has no
// list of the actions that its policies are about.
func (e *Engine) CheckPolicy(policy string) error {
	if e == nil || e.client == nil {
		return policyError(policy, kest.ErrPolicyMalformed, errNotMade)
	}
	if err := checkName(policy); err != nil {
		return policyError(policy, kest.ErrPolicyUnknown, err)
	}
	return nil
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: "avp", Policy: policy, Failure: failure, Err: err}
}

func decide(answer *verifiedpermissions.IsAuthorizedOutput) (bool, error) {
	switch {
	case len(answer.Errors) > 0:
		// Not the descriptions: they can quote the input.
		return false, fmt.Errorf("%d policies of the store could not be evaluated, so its decision %.16q is without them: ask again with `aws verifiedpermissions is-authorized`, which prints the errors", len(answer.Errors), answer.Decision)
	case answer.Errors == nil:
		return false, errors.New("the answer has no list of errors, so it is not one of this service")
	case answer.Decision == types.DecisionAllow:
		return true, nil
	case answer.Decision == types.DecisionDeny:
		return false, nil
	}
	return false, fmt.Errorf("the decision is %.16q: it must be ALLOW or DENY", answer.Decision)
}
