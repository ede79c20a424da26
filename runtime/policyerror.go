package kest

import (
	"context"
	"errors"
	"fmt"
)

// The three ways in which an engine fails to decide. Each matches ErrPolicy, and
// denies the call as a false does; a plain denial is a *DeniedError that matches
// none of them.
var (
	// ErrPolicyUnreachable: there was no answer. The server refused, hung up or
	// took too long, the credentials for it could not be had, or the context of
	// the call ended first. To try again may help.
	ErrPolicyUnreachable error = &policyFailure{"unreachable"}
	// ErrPolicyMalformed: there was an answer, or an evaluation, and it is no
	// decision: a wrong type, a status other than success, a failed function, an
	// input that the engine cannot read. To try again does not help.
	ErrPolicyMalformed error = &policyFailure{"no decision"}
	// ErrPolicyUnknown: the engine does not have a policy of that name.
	ErrPolicyUnknown error = &policyFailure{"unknown policy"}
)

// policyFailure is one of the three above.
type policyFailure struct{ text string }

func (f *policyFailure) Error() string { return ErrPolicy.Error() + ": " + f.text }

// Is makes each of the three match ErrPolicy.
func (f *policyFailure) Is(target error) bool { return target == ErrPolicy }

// PolicyError is how an engine says that it could not decide. It matches
// ErrPolicy, its Failure, and what it wraps.
type PolicyError struct {
	Engine  string // the name of the engine's package: "rego", "opa", "cedar", …; "" if unknown
	Policy  string // the policy that was asked for
	Failure error  // ErrPolicyUnreachable, ErrPolicyMalformed or ErrPolicyUnknown; nil is ErrPolicyMalformed
	Err     error  // what happened, and the way out
}

// maxShownPolicy bounds what an error quotes of a name, in bytes.
const maxShownPolicy = 512

func (e *PolicyError) Error() string {
	text := e.failure().Error() + ": "
	if e.Engine != "" {
		text += e.Engine + " "
	}
	text += fmt.Sprintf("policy %.*q", maxShownPolicy, e.Policy)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the failure and the cause.
func (e *PolicyError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.failure()}
	}
	return []error{e.failure(), e.Err}
}

func (e *PolicyError) failure() error {
	if e.Failure == nil {
		return ErrPolicyMalformed
	}
	return e.Failure
}

// asPolicyError makes what an engine gave match ErrPolicy and one of the ways in
// which it can fail, whatever a user's own engine gives.
func asPolicyError(policy string, err error) error {
	for _, failure := range []error{ErrPolicyUnreachable, ErrPolicyMalformed, ErrPolicyUnknown} {
		if errors.Is(err, failure) {
			return err
		}
	}
	failure := ErrPolicyMalformed
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		failure = ErrPolicyUnreachable
	}
	return &PolicyError{Policy: policy, Failure: failure, Err: err}
}
