package kest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// askedKeys counts how often a key source is asked: once for every signature
// that is checked.
type askedKeys struct {
	kest.KeySource
	asked *int
}

func (k askedKeys) Keys(ctx context.Context, workload, kid string) ([]kest.Key, error) {
	*k.asked++
	return k.KeySource.Keys(ctx, workload, kid)
}

func rememberingVerifier(t testing.TB, size int, ttl time.Duration) (v *kest.Verifier, asked *int) {
	t.Helper()
	verified, err := kest.NewVerifiedEntries(size, ttl)
	if err != nil {
		t.Fatal(err)
	}
	asked = new(int)
	return &kest.Verifier{Keys: askedKeys{keySet(t, workload), asked}, Verified: verified}, asked
}

// chainOf enters hooks, one in the other.
func chainOf(t testing.TB, ctx context.Context, n int) context.Context {
	t.Helper()
	for range n {
		ctx = enter(t, ctx, hook(kest.HookConfig{Source: "internal"}))
	}
	return ctx
}

func TestEntriesAreVerifiedOnce(t *testing.T) {
	v, asked := rememberingVerifier(t, 100, time.Hour)
	ctx := chainOf(t, testContext(t, kest.Config{}), 3)
	for _, test := range []struct{ more, checked int }{{0, 3}, {0, 0}, {2, 2}, {0, 0}} {
		ctx = chainOf(t, ctx, test.more)
		*asked = 0
		if err := v.Verify(t.Context(), parsePassport(t, kest.PassportFromContext(ctx).Tokens()...)); err != nil {
			t.Fatal(err)
		}
		if *asked != test.checked {
			t.Errorf("%d signatures checked, want %d", *asked, test.checked)
		}
	}
}

// TestRememberedEntriesStillNeedTheirPlace: what is remembered says nothing of
// the passport in which an entry stands.
func TestRememberedEntriesStillNeedTheirPlace(t *testing.T) {
	v, _ := rememberingVerifier(t, 100, time.Hour)
	tokens := kest.PassportFromContext(chainOf(t, testContext(t, kest.Config{}), 3)).Tokens()
	if err := v.Verify(t.Context(), parsePassport(t, tokens...)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		tokens []string
		check  kest.Check
	}{
		"parent missing": {tokens[1:], kest.CheckParents},
		"wrong order":    {[]string{tokens[1], tokens[0]}, kest.CheckParents},
		"twice":          {[]string{tokens[0], tokens[0]}, kest.CheckDuplicate},
		"altered":        {[]string{tokens[0], tokens[1][:len(tokens[1])-1] + "!"}, kest.CheckToken},
	} {
		err := v.Verify(t.Context(), parsePassport(t, test.tokens...))
		var verifyError *kest.VerifyError
		if !errors.As(err, &verifyError) || verifyError.Check != test.check {
			t.Errorf("%s: got %v, want the check %s", name, err, test.check)
		}
	}
	// Nor of the trace.
	strict := *v
	strict.SameTrace, strict.TraceID = true, "00000000000000000000000000000001"
	err := strict.Verify(t.Context(), parsePassport(t, tokens...))
	var verifyError *kest.VerifyError
	if !errors.As(err, &verifyError) || verifyError.Check != kest.CheckTraceID {
		t.Errorf("another trace: got %v", err)
	}
}

func TestRememberedEntriesAreBounded(t *testing.T) {
	tokens := kest.PassportFromContext(chainOf(t, testContext(t, kest.Config{}), 10)).Tokens()
	v, asked := rememberingVerifier(t, 4, time.Hour)
	for range 2 {
		*asked = 0
		if err := v.Verify(t.Context(), parsePassport(t, tokens...)); err != nil {
			t.Fatal(err)
		}
	}
	if *asked != 10 {
		t.Errorf("%d of 10 signatures checked with room for 4", *asked)
	}
	v, asked = rememberingVerifier(t, 100, time.Nanosecond)
	for range 2 {
		*asked = 0
		if err := v.Verify(t.Context(), parsePassport(t, tokens...)); err != nil {
			t.Fatal(err)
		}
	}
	if *asked != 10 {
		t.Errorf("%d of 10 signatures checked after their time", *asked)
	}
}

func TestNothingRefusedIsRemembered(t *testing.T) {
	v, asked := rememberingVerifier(t, 100, time.Hour)
	d := validDocument(1)
	d["trust_score"] = 99 // forged
	token := forge(t, d.canonical(t))
	for range 2 {
		*asked = 0
		if err := v.Verify(t.Context(), parsePassport(t, token)); !errors.Is(err, kest.ErrLineageInvalid) {
			t.Fatalf("got %v", err)
		}
		if *asked != 1 {
			t.Errorf("%d signatures checked, want 1", *asked)
		}
	}
}

func TestNewVerifiedEntriesRefuses(t *testing.T) {
	for _, test := range []struct {
		max int
		ttl time.Duration
	}{{0, time.Hour}, {-1, time.Hour}, {1 << 30, time.Hour}, {1, 0}, {1, -1}, {1, 1 << 60}} {
		if _, err := kest.NewVerifiedEntries(test.max, test.ttl); !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%+v: got %v", test, err)
		}
	}
}

// TestLargeEntriesAreNotRemembered: a workload that is believed decides how many
// taints its entries have, and must not fill the memory of others with them.
func TestLargeEntriesAreNotRemembered(t *testing.T) {
	v, asked := rememberingVerifier(t, 100, time.Hour)
	taints := make([]string, 200)
	for i := range taints {
		taints[i] = fmt.Sprintf("taint-%04d", i)
	}
	ctx := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{AddTaints: taints[:20]}))
	passport := parsePassport(t, kest.PassportFromContext(enter(t, ctx, hook(kest.HookConfig{AddTaints: taints}))).Tokens()...)
	for _, want := range []int{2, 1} { // the second one each time
		*asked = 0
		if err := v.Verify(t.Context(), passport); err != nil {
			t.Fatal(err)
		}
		if *asked != want {
			t.Errorf("%d signatures checked, want %d", *asked, want)
		}
	}
}
