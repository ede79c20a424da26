package opa

import (
	"context"
	"errors"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxDepth is how deep attributes may be nested: as in engine/rego.
const maxDepth = 64

// Evaluate asks the server for one policy (F-PE-04, TC-09). It returns true
// only if the decision is the JSON value true, and false without an error if it
// is false or the policy leaves it undefined. Errors are [kest.PolicyError]:
//
//   - [kest.ErrPolicyUnreachable]: the server refused, hung up, took longer than
//     the time-out (then [context.DeadlineExceeded], too) or answered 429, 502,
//     503 or 504; there is no token; ctx ended, then its cause is wrapped
//   - [kest.ErrPolicyMalformed]: another status or a body that is no decision, or
//     an input that is not JSON
//   - [kest.ErrPolicyUnknown]: the server does not have the policy, or none can
//     have that name
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	path, err := e.check(policy)
	if err != nil {
		return false, err
	}
	question, err := question(input)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: %w", err))
	}
	answer, err := e.client.Ask(ctx, policy, "/v1/data"+path+"?strict-builtin-errors=true", question)
	if err != nil {
		return false, err
	}
	allowed, err := decide(answer, e.decision)
	switch {
	case errors.Is(err, errNoResult):
		return false, policyError(policy, kest.ErrPolicyUnknown,
			fmt.Errorf("the server at %s does not have the policy: load its package there, or correct the name (%w)", e.client.Server(), err))
	case err != nil:
		return false, policyError(policy, kest.ErrPolicyMalformed, err)
	}
	return allowed, nil
}

// question is the body of the request.
func question(input *kest.PolicyInput) ([]byte, error) {
	if input == nil {
		return nil, errors.New("there is none")
	}
	// Attributes are pasted into the document: those that close its braces
	// would write the members around them.
	if i := strictjson.SkipSpace(input.Attributes, 0); i == len(input.Attributes) || input.Attributes[i] != '{' {
		return nil, errors.New("attributes: they are not a JSON object: write {} when there are none")
	}
	if err := strictjson.Valid(input.Attributes, maxDepth); err != nil {
		return nil, fmt.Errorf("attributes: %w", err)
	}
	body, err := input.AppendJSON(append(make([]byte, 0, 1024), `{"input":`...))
	if err != nil {
		return nil, err
	}
	return append(body, '}'), nil
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: name, Policy: policy, Failure: failure, Err: err}
}
