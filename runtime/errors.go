package kest

import (
	"errors"
	"fmt"
)

// Sentinels to match with errors.Is. Every error of this package wraps exactly
// one of them, except that a denial caused by an engine that could not decide
// matches both ErrDenied and ErrPolicy.
var (
	// ErrDenied: a policy did not allow the call. See *DeniedError.
	ErrDenied = errors.New("kest: denied")
	// ErrConfig: the runtime, a hook or a configuration file is not usable.
	ErrConfig = errors.New("kest: configuration")
	// ErrIdentity: no usable signing identity, or signing failed.
	ErrIdentity = errors.New("kest: identity")
	// ErrPolicy: the policy engine could not decide. It is always one of
	// ErrPolicyUnreachable, ErrPolicyMalformed and ErrPolicyUnknown; see
	// *PolicyError.
	ErrPolicy = errors.New("kest: policy engine")
	// ErrLineage: a passport that arrived is malformed or does not verify.
	ErrLineage = errors.New("kest: lineage")
	// ErrInput: a value cannot be hashed or resolved.
	ErrInput = errors.New("kest: input")
)

// DeniedError says which policy denied which call (F-PE-02). It matches
// ErrDenied, and ErrPolicy too when the engine failed to decide.
type DeniedError struct {
	Operation string // the entry's operation
	Policy    string // the policy that did not allow
	Tier      Tier   // the tier that names the policy
	EntryID   string // UUID of the entry that would have been written; also on the span and in the log
	Workload  string // workload id of who would have signed it
	Err       error  // why the engine could not decide; nil for a plain denial
}

func (e *DeniedError) Error() string {
	text := fmt.Sprintf("kest: operation %q denied by %s policy %q (entry %s of %q)", e.Operation, e.Tier, e.Policy, e.EntryID, e.Workload)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is makes errors.Is(err, ErrDenied) true.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// Unwrap gives the engine's error.
func (e *DeniedError) Unwrap() error { return e.Err }

// wrap says what went wrong under one of the sentinels. The format may hold
// one %w for the cause.
func wrap(sentinel error, format string, args ...any) error {
	return &kindError{kind: sentinel, err: fmt.Errorf(format, args...)}
}

// kindError is an error with a cause of its own that matches a sentinel.
type kindError struct{ kind, err error }

func (e *kindError) Error() string   { return e.kind.Error() + ": " + e.err.Error() }
func (e *kindError) Unwrap() []error { return []error{e.kind, e.err} }
