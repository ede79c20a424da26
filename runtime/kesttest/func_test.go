package kesttest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

func TestFunc(t *testing.T) {
	broken := errors.New("broken")
	own := &kest.PolicyError{Engine: "opa", Policy: "p", Failure: kest.ErrPolicyUnreachable}
	tests := []struct {
		name    string
		allowed bool
		err     error
		want    error // the failure; nil for none
	}{
		{"true", true, nil, nil},
		{"false", false, nil, nil},
		{"an error", true, broken, kest.ErrPolicyMalformed},
		{"a failure", true, fmt.Errorf("it: %w", kest.ErrPolicyUnreachable), kest.ErrPolicyUnreachable},
		{"another failure", true, kest.ErrPolicyUnknown, kest.ErrPolicyUnknown},
		{"a time-out", true, context.DeadlineExceeded, kest.ErrPolicyUnreachable},
		{"an ended context", true, context.Canceled, kest.ErrPolicyUnreachable},
		{"a PolicyError", true, own, kest.ErrPolicyUnreachable},
	}
	for _, tt := range tests {
		engine := kesttest.Func(func(_ context.Context, policy string, in *kest.PolicyInput) (bool, error) {
			if policy != "p" || in.User != "alice" {
				t.Errorf("asked for %q of %q", policy, in.User)
			}
			return tt.allowed, tt.err
		})
		allowed, err := engine.Evaluate(t.Context(), "p", &kest.PolicyInput{User: "alice"})
		if allowed != (tt.allowed && tt.err == nil) {
			t.Errorf("%s: allowed is %t", tt.name, allowed)
		}
		var policyError *kest.PolicyError
		if !errors.Is(err, tt.want) || !errors.Is(err, tt.err) || (tt.want != nil) != errors.As(err, &policyError) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	if allowed, err := kesttest.Func(nil).Evaluate(t.Context(), "p", nil); allowed || !errors.Is(err, kest.ErrPolicyMalformed) {
		t.Errorf("no function: got %t, %v", allowed, err)
	}
}

// versions is an engine whose policies change.
type versions struct {
	kest.Engine
	digest string
	asked  []kest.Tier
}

func (v *versions) PolicyDigest() string { return v.digest }

func (v *versions) PolicySnapshot() kest.Engine { return version{v.Engine, v.digest} }

type version struct {
	kest.Engine
	digest string
}

func (v version) PolicyDigest() string { return v.digest }

func (v *versions) CheckTierPolicy(tier kest.Tier, policy string) error {
	v.asked = append(v.asked, tier)
	return nil
}

// TestRecorderHidesNothing: what the hook asks an engine for it gets from one
// behind a recorder, too.
func TestRecorderHidesNothing(t *testing.T) {
	engine := &versions{Engine: kesttest.Allow(), digest: "one"}
	recorder := kesttest.Record(engine)
	if got := recorder.PolicyDigest(); got != "one" {
		t.Errorf("digest %q", got)
	}
	snapshot := recorder.PolicySnapshot()
	if recorder.PolicySnapshot() != snapshot {
		t.Error("another snapshot though nothing has changed")
	}
	engine.digest = "two"
	if got := snapshot.(kest.PolicyDigester).PolicyDigest(); got != "one" {
		t.Errorf("digest of the snapshot %q", got)
	}
	if _, err := snapshot.Evaluate(t.Context(), "p", &kest.PolicyInput{}); err != nil {
		t.Error(err)
	}
	if n := len(recorder.Calls()); n != 1 {
		t.Errorf("the recorder has %d calls of its snapshot", n)
	}
	if err := recorder.CheckTierPolicy(kest.TierPlatform, "p"); err != nil || len(engine.asked) != 1 {
		t.Errorf("got %v, asked for %q", err, engine.asked)
	}

	plain := kesttest.Record(kesttest.Allow())
	if plain.PolicyDigest() != "" || plain.PolicySnapshot() != plain {
		t.Error("a recorder has what the engine behind it has not")
	}
	_, err := kesttest.Record(nil).Evaluate(t.Context(), "p", nil)
	if !errors.Is(err, kest.ErrPolicy) || !strings.Contains(err.Error(), "kesttest.Record") {
		t.Errorf("no engine: got %v", err)
	}
}
