package kest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

func tipOf(ctx context.Context) string { return kest.PassportFromContext(ctx).Tips()[0] }

// TestSequentialPipeline: fetch, then summarize what was fetched.
func TestSequentialPipeline(t *testing.T) {
	ctx, consumed := kest.Collect(testContext(t, kest.Config{}))
	if consumed.Join(ctx) != ctx || consumed.Passport().Len() != 0 {
		t.Error("nothing was collected, and something is there")
	}
	enter(t, ctx, hook(kest.HookConfig{Source: "internet", AddTaints: []string{"unverified"}}))
	sibling := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{})))
	if len(sibling.Taints) != 0 || !sibling.IsRoot() {
		t.Errorf("a sibling has the taints %v", sibling.Taints)
	}
	ctx, consumed = kest.Collect(testContext(t, kest.Config{}))
	fetched := enter(t, ctx, hook(kest.HookConfig{Source: "internet", AddTaints: []string{"unverified"}}))
	summary := lastEntry(t, enter(t, consumed.Join(ctx), hook(kest.HookConfig{})))
	if !slices.Equal(summary.Taints, []string{"unverified"}) || summary.TrustScore != 10 {
		t.Errorf("taints %v, trust %d", summary.Taints, summary.TrustScore)
	}
	if !slices.Equal(summary.ParentIDs, []string{tipOf(fetched)}) {
		t.Errorf("parents %v", summary.ParentIDs)
	}
}

func TestCollectorKnowsTips(t *testing.T) {
	base := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{}))
	ctx, collector := kest.Collect(base)
	a := enter(t, ctx, hook(kest.HookConfig{}))
	b := enter(t, a, hook(kest.HookConfig{})) // nested: a is followed
	c := enter(t, ctx, hook(kest.HookConfig{}))
	want := []string{tipOf(b), tipOf(c)}
	if got := collector.Passport().Tips(); !slices.Equal(got, want) {
		t.Errorf("tips %v, want %v", got, want)
	}
	// What an answer stands on is no tip, whatever lies between.
	far := enter(t, enter(t, c, hook(kest.HookConfig{})), hook(kest.HookConfig{}))
	ctx, collector = kest.Collect(c)
	enterHere := enter(t, ctx, hook(kest.HookConfig{}))
	kest.Consume(ctx, far)
	want = []string{tipOf(enterHere), tipOf(far)}
	if got := collector.Passport().Tips(); !slices.Equal(got, want) {
		t.Errorf("tips %v, want %v", got, want)
	}
	// What stands on nothing of ours does not take ours away.
	ctx, collector = kest.Collect(base)
	stranger := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{}))
	kest.Consume(ctx, stranger)
	want = []string{tipOf(base), tipOf(stranger)}
	if got := collector.Passport().Tips(); !slices.Equal(got, want) {
		t.Errorf("tips %v, want %v", got, want)
	}
}

// TestSanitizedTaintsStayAway: the entry that was sanitized is no parent beside
// the one that sanitized it.
func TestSanitizedTaintsStayAway(t *testing.T) {
	ctx, collector := kest.Collect(enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{AddTaints: []string{"raw"}})))
	enter(t, ctx, hook(kest.HookConfig{RemoveTaints: []string{"raw"}, TrustOverride: new(100)}))
	if entry := lastEntry(t, enter(t, collector.Join(ctx), hook(kest.HookConfig{}))); len(entry.Taints) != 0 || entry.TrustScore != 100 {
		t.Errorf("taints %v, trust %d", entry.Taints, entry.TrustScore)
	}
}

func TestCollectorsNest(t *testing.T) {
	ctx, outer := kest.Collect(testContext(t, kest.Config{}))
	inner, innermost := kest.Collect(ctx)
	enter(t, inner, hook(kest.HookConfig{}))
	enter(t, ctx, hook(kest.HookConfig{}))
	if n, m := outer.Passport().Len(), innermost.Passport().Len(); n != 2 || m != 1 {
		t.Errorf("%d and %d entries, want 2 and 1", n, m)
	}
	kest.Consume(t.Context(), inner) // without a collector: nothing
}

func TestDeniedCallsAreNotCollected(t *testing.T) {
	ctx, collector := kest.Collect(testContext(t, kest.Config{Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return false, nil })}))
	if err := run(ctx, hook(kest.HookConfig{}), `{}`, func(context.Context) error { return nil }); !errors.Is(err, kest.ErrDenied) {
		t.Fatal(err)
	}
	if n := collector.Passport().Len(); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestCollectorIsSafeForConcurrentUse(t *testing.T) {
	ctx, collector := kest.Collect(testContext(t, kest.Config{}))
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			chainOf(t, ctx, 3)
			collector.Join(ctx)
		})
	}
	group.Wait()
	passport := collector.Passport()
	if len(passport.Tips()) != 32 || passport.Len() != 96 {
		t.Errorf("%d tips and %d entries", len(passport.Tips()), passport.Len())
	}
	if err := verifier(t).Verify(t.Context(), passport); err != nil {
		t.Error(err)
	}
}

func TestRefuse(t *testing.T) {
	reason := errors.New("reason")
	ctx := kest.Refuse(testContext(t, kest.Config{}), reason)
	err := run(ctx, hook(kest.HookConfig{}), `{}`, func(context.Context) error {
		t.Error("the function ran")
		return nil
	})
	if !errors.Is(err, reason) || !errors.Is(err, kest.ErrLineageInvalid) {
		t.Errorf("got %v", err)
	}
	if again := kest.Refusal(kest.Refuse(ctx, errors.New("another"))); !errors.Is(again, reason) {
		t.Errorf("the reason became %v", again)
	}
	if kest.Refusal(kest.NewContext(ctx, newRuntime(t, kest.Config{}))) == nil {
		t.Error("a new runtime takes the refusal away")
	}
	if kest.Refusal(kest.Refuse(t.Context(), nil)) == nil {
		t.Error("a refusal without a reason is none")
	}
	if kest.Refusal(t.Context()) != nil {
		t.Error("a plain context is refused")
	}
}

func TestAcceptTips(t *testing.T) {
	root := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{}))
	first, second := enter(t, root, hook(kest.HookConfig{})), enter(t, root, hook(kest.HookConfig{}))
	passport := parsePassport(t, kest.PassportFromContext(kest.Join(root, first, second)).Tokens()...)
	a, b, r := tipOf(first), tipOf(second), tipOf(root)
	for name, test := range map[string]struct {
		tips []string
		ok   bool
	}{
		"both":            {[]string{a, b}, true},
		"other order":     {[]string{b, a}, true},
		"skip connection": {[]string{r, a, b}, true},
		"one missing":     {[]string{a}, false},
		"none":            {nil, false},
		"twice":           {[]string{a, b, a}, false},
		"unknown":         {[]string{a, b, kest.Hash("x")}, false},
		"empty":           {[]string{a, b, ""}, false},
	} {
		ctx, err := verifier(t).AcceptTips(t.Context(), passport, test.tips)
		switch {
		case test.ok && (err != nil || !slices.Equal(kest.PassportFromContext(ctx).Tips(), test.tips)):
			t.Errorf("%s: got %v", name, err)
		case !test.ok && !errors.Is(err, kest.ErrLineageInvalid):
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestJoinKeepsWhatTheContextStandsOn: a collector adds parents, and takes only
// those away that another one stands on.
func TestJoinKeepsWhatTheContextStandsOn(t *testing.T) {
	ctx, collector := kest.Collect(enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{})))
	noted := enter(t, ctx, hook(kest.HookConfig{}))
	other := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{AddTaints: []string{"raw"}}))
	for name, test := range map[string]struct {
		ctx  context.Context
		want []string
	}{
		"its own":                 {ctx, []string{tipOf(noted)}},
		"inside a noted call":     {noted, []string{tipOf(noted)}},
		"joined with another":     {kest.Join(ctx, ctx, other), []string{tipOf(noted), tipOf(other)}},
		"another branch":          {other, []string{tipOf(noted), tipOf(other)}},
		"without lineage":         {testContext(t, kest.Config{}), []string{tipOf(noted)}},
		"what another had joined": {kest.Join(ctx, noted, other), []string{tipOf(noted), tipOf(other)}},
	} {
		if got := kest.PassportFromContext(collector.Join(test.ctx)).Tips(); !slices.Equal(got, test.want) {
			t.Errorf("%s: tips %v, want %v", name, got, test.want)
		}
	}
}

func TestStoppedCollector(t *testing.T) {
	ctx, outer := kest.Collect(testContext(t, kest.Config{}))
	ctx, inner := kest.Collect(ctx)
	before := enter(t, ctx, hook(kest.HookConfig{}))
	inner.Stop()
	inner.Stop()
	after := enter(t, ctx, hook(kest.HookConfig{}))
	kest.Consume(ctx, enter(t, after, hook(kest.HookConfig{})))
	if got := inner.Passport().Tips(); !slices.Equal(got, []string{tipOf(before)}) {
		t.Errorf("tips %v, want what was noted before", got)
	}
	if n := outer.Passport().Len(); n != 3 {
		t.Errorf("the collector outside has %d entries, want 3", n)
	}
}
