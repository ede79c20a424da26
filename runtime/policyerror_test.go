package kest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

// failures are the ways in which an engine fails to decide.
var failures = []error{kest.ErrPolicyUnreachable, kest.ErrPolicyMalformed, kest.ErrPolicyUnknown}

func TestFPE04FailuresAreToldApartAndAllDeny(t *testing.T) {
	cause := errors.New("cause")
	for name, test := range map[string]struct {
		allowed bool
		err     error
		want    error // of failures; nil for a plain denial
	}{
		"denied":                   {},
		"unreachable":              {err: &kest.PolicyError{Engine: "opa", Policy: "kest/allow", Failure: kest.ErrPolicyUnreachable, Err: cause}, want: kest.ErrPolicyUnreachable},
		"malformed":                {err: &kest.PolicyError{Failure: kest.ErrPolicyMalformed, Err: cause}, want: kest.ErrPolicyMalformed},
		"unknown":                  {err: &kest.PolicyError{Failure: kest.ErrPolicyUnknown, Err: cause}, want: kest.ErrPolicyUnknown},
		"no failure named":         {err: &kest.PolicyError{Err: cause}, want: kest.ErrPolicyMalformed},
		"true together with one":   {allowed: true, err: &kest.PolicyError{Err: cause}, want: kest.ErrPolicyMalformed},
		"a user's own error":       {err: fmt.Errorf("database: %w", cause), want: kest.ErrPolicyMalformed},
		"a user's own ErrPolicy":   {err: fmt.Errorf("%w: %w", kest.ErrPolicy, cause), want: kest.ErrPolicyMalformed},
		"a user's own time-out":    {err: fmt.Errorf("database: %w: %w", context.DeadlineExceeded, cause), want: kest.ErrPolicyUnreachable},
		"a user's own cancelation": {err: fmt.Errorf("database: %w: %w", context.Canceled, cause), want: kest.ErrPolicyUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, kest.Config{Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return test.allowed, test.err })})
			err := run(ctx, hook(kest.HookConfig{}), `{}`, func(context.Context) error {
				t.Error("the function ran")
				return nil
			})
			var denied *kest.DeniedError
			if !errors.As(err, &denied) || !errors.Is(err, kest.ErrDenied) {
				t.Fatalf("got %v, want a *DeniedError", err)
			}
			for _, failure := range failures {
				if errors.Is(err, failure) != (failure == test.want) {
					t.Errorf("%v: errors.Is %v is %t", err, failure, errors.Is(err, failure))
				}
			}
			if errors.Is(err, kest.ErrPolicy) != (test.want != nil) || errors.Is(err, cause) != (test.want != nil) {
				t.Errorf("%v: ErrPolicy and the cause are there if the engine failed, and only then", err)
			}
		})
	}
}

// nilError cannot be used as a nil pointer, as most types of errors cannot.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// TestNilPointerAsError: the mistake of many Go programs, an error that is not
// nil and holds a nil pointer, denies. It does not panic, here or in a log.
func TestNilPointerAsError(t *testing.T) {
	for name, err := range map[string]error{"PolicyError": (*kest.PolicyError)(nil), "own": (*nilError)(nil)} {
		ctx := testContext(t, kest.Config{Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return true, err })})
		err := run(ctx, hook(kest.HookConfig{}), `{}`, func(context.Context) error {
			t.Errorf("%s: the function ran", name)
			return nil
		})
		if !errors.Is(err, kest.ErrDenied) || !errors.Is(err, kest.ErrPolicyMalformed) || !strings.Contains(err.Error(), "panicked") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPolicyErrorText(t *testing.T) {
	err := &kest.PolicyError{Engine: "opa", Policy: "kest/allow", Failure: kest.ErrPolicyUnreachable, Err: errors.New("no answer within 1s")}
	if want := `kest: policy engine: unreachable: opa policy "kest/allow": no answer within 1s`; err.Error() != want {
		t.Errorf("got %s\nwant %s", err, want)
	}
	err = &kest.PolicyError{Policy: strings.Repeat("x", 10_000)}
	if n := len(err.Error()); n > 1000 {
		t.Errorf("a long name makes an error of %d bytes", n)
	}
}

// turningEngine is an engine whose policies change at every call of Evaluate.
type turningEngine struct{ version int }

func (e *turningEngine) PolicySnapshot() kest.Engine { return &turningVersion{e, e.version} }
func (e *turningEngine) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return false, errors.New("the snapshot should be asked")
}

type turningVersion struct {
	engine  *turningEngine
	version int
}

func (v *turningVersion) PolicyDigest() string { return fmt.Sprintf("digest %d", v.version) }
func (v *turningVersion) Evaluate(_ context.Context, policy string, _ *kest.PolicyInput) (bool, error) {
	v.engine.version++
	return true, nil
}

func TestOneCallIsDecidedByOneSnapshot(t *testing.T) {
	turning, own := &turningEngine{}, &turningEngine{version: 100}
	ctx := testContext(t, kest.Config{Engine: turning, Tiers: kest.Tiers{Enterprise: []string{"a", "b"}, Application: []string{"c"}}})
	first := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{})))
	second := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{Engine: func() kest.Engine { return own }})))
	for _, test := range []struct {
		entry           *kest.Entry
		label, expected string
	}{
		{first, kest.LabelPolicyDigest, "digest 0"},
		{first, kest.LabelFunctionPolicyDigest, ""},
		{second, kest.LabelPolicyDigest, "digest 4"},
		{second, kest.LabelFunctionPolicyDigest, "digest 100"},
	} {
		if got := test.entry.Labels[test.label]; got != test.expected {
			t.Errorf("%s: got %q, want %q", test.label, got, test.expected)
		}
	}
	if turning.version != 7 || own.version != 101 {
		t.Errorf("asked %d and %d times, want 7 and 1", turning.version, own.version-100)
	}
}

// countingEngine has other policies at every snapshot.
type countingEngine struct{ snapshots int }

func (e *countingEngine) PolicySnapshot() kest.Engine {
	e.snapshots++
	return countingVersion(e.snapshots)
}
func (e *countingEngine) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return false, errors.New("the snapshot should be asked")
}

type countingVersion int

func (v countingVersion) PolicyDigest() string { return fmt.Sprintf("digest %d", int(v)) }
func (v countingVersion) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return true, nil
}

// TestDirectiveWithTheRuntimesEngine: a directive that names the engine of the
// configuration does not bring a second version of it into the call.
func TestDirectiveWithTheRuntimesEngine(t *testing.T) {
	counting := &countingEngine{}
	ctx := testContext(t, kest.Config{Engine: counting})
	before := counting.snapshots
	entry := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{Engine: func() kest.Engine { return counting }})))
	if counting.snapshots != before+1 {
		t.Errorf("%d snapshots for one call, want 1", counting.snapshots-before)
	}
	if digest, ok := entry.Labels[kest.LabelFunctionPolicyDigest]; ok {
		t.Errorf("the entry has a second digest, %q", digest)
	}
}

type nilSnapshot struct{ engine }

func (nilSnapshot) PolicySnapshot() kest.Engine { return nil }

func TestNilSnapshotIsAnError(t *testing.T) {
	_, err := kest.New(kest.Config{Engine: nilSnapshot{allowAll}, Identity: identity(workload)})
	if !errors.Is(err, kest.ErrConfig) {
		t.Errorf("New: got %v", err)
	}
	ctx := testContext(t, kest.Config{})
	err = run(ctx, hook(kest.HookConfig{Engine: func() kest.Engine { return nilSnapshot{allowAll} }}), `{}`, func(context.Context) error {
		t.Error("the function ran")
		return nil
	})
	if !errors.Is(err, kest.ErrConfig) {
		t.Errorf("call: got %v", err)
	}
}
