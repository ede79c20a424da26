package cedaragent

import (
	"context"
	"errors"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Evaluate asks the server for one policy (F-PE-04, TC-09). It returns true
// only if the decision is "Allow" and no policy failed, and false without an
// error if it is "Deny" and no policy failed. Errors are [kest.PolicyError]:
//
//   - [kest.ErrPolicyUnreachable]: the server refused, hung up, took longer than
//     the time-out (then [context.DeadlineExceeded], too) or answered 429, 502,
//     503 or 504; there is no token; ctx ended, then its cause is wrapped
//   - [kest.ErrPolicyMalformed]: another status or a body that is no decision; a
//     policy that failed; an input that Cedar cannot say, such as an attribute
//     with a fraction
//   - [kest.ErrPolicyUnknown]: no policy can have that name
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if err := e.CheckPolicy(policy); err != nil {
		return false, err
	}
	question, err := question(policy, input)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: %w", err))
	}
	answer, err := e.client.Ask(ctx, policy, "/is_authorized", question)
	if err != nil {
		return false, err
	}
	allowed, err := decide(answer)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("the server at %s: %w", e.client.Server(), err))
	}
	return allowed, nil
}

// question is the body of the request.
func question(policy string, input *kest.PolicyInput) ([]byte, error) {
	q := append(make([]byte, 0, 2048), `{"context":`...)
	// First, since it refuses an input that is missing or not UTF-8.
	q, err := cedarinput.AppendContext(q, input)
	if err != nil {
		return nil, err
	}
	for _, entity := range []struct {
		member string
		cedarinput.Entity
	}{
		{"principal", cedarinput.Principal(input)},
		{"action", cedarinput.Action(policy)},
		{"resource", cedarinput.Resource(input)},
	} {
		q = append(q, `,"`...)
		q = append(q, entity.member...)
		q = append(q, `":`...)
		var ok bool
		if q, ok = strictjson.AppendQuoted(q, entity.String()); !ok {
			return nil, errors.New("the " + entity.member + " is not UTF-8")
		}
	}
	return append(q, '}'), nil
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: name, Policy: policy, Failure: failure, Err: err}
}
