package kest_test

import (
	"slices"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

// TestTC06Taints: parents {a,b}, +c, −b → [a,c] (F-TT-01..03).
func TestTC06Taints(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	ctx = enter(t, ctx, hook(kest.HookConfig{AddTaints: []string{"b", "a", "b"}}))
	if got := lastEntry(t, ctx); !slices.Equal(got.Taints, []string{"a", "b"}) || !slices.Equal(got.AddedTaints, []string{"a", "b"}) {
		t.Errorf("taints %q added %q, want [a b] both", got.Taints, got.AddedTaints)
	}
	ctx = enter(t, ctx, hook(kest.HookConfig{AddTaints: []string{"c"}, RemoveTaints: []string{"b"}, TrustOverride: new(50)}))
	if got := lastEntry(t, ctx); !slices.Equal(got.Taints, []string{"a", "c"}) {
		t.Errorf("taints %q, want [a c]", got.Taints)
	}
	if err := verifier(t).Verify(ctx, kest.PassportFromContext(ctx)); err != nil {
		t.Error(err)
	}
}

func TestTaintsOfABranchDoNotReachItsSibling(t *testing.T) {
	ctx := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{AddTaints: []string{"a"}}))
	enter(t, ctx, hook(kest.HookConfig{AddTaints: []string{"left"}}))
	right := enter(t, ctx, hook(kest.HookConfig{AddTaints: []string{"right"}}))
	if got := lastEntry(t, right).Taints; !slices.Equal(got, []string{"a", "right"}) {
		t.Errorf("taints %q, want [a right]", got)
	}
}

func TestClassificationTaints(t *testing.T) {
	for name, test := range map[string]struct {
		config kest.Config
		hook   kest.HookConfig
		want   []string
	}{
		"system":       {hook: kest.HookConfig{}, want: []string{}},
		"data":         {hook: kest.HookConfig{Classification: kest.ClassData}, want: []string{"contains_data"}},
		"critic":       {hook: kest.HookConfig{Classification: kest.ClassCritic}, want: []string{"requires_review"}},
		"snapshot":     {hook: kest.HookConfig{Classification: kest.ClassSnapshot}, want: []string{}},
		"sanitizer":    {hook: kest.HookConfig{Classification: kest.ClassSanitizer}, want: []string{"sanitized"}},
		"removed":      {hook: kest.HookConfig{Classification: kest.ClassSanitizer, RemoveTaints: []string{"sanitized"}}, want: []string{}},
		"configured":   {config: kest.Config{ClassificationTaints: map[string]string{"snapshot": "frozen"}}, hook: kest.HookConfig{Classification: kest.ClassSnapshot}, want: []string{"frozen"}},
		"switched off": {config: kest.Config{ClassificationTaints: map[string]string{"data": ""}}, hook: kest.HookConfig{Classification: kest.ClassData}, want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := enter(t, testContext(t, test.config), hook(test.hook))
			if got := lastEntry(t, ctx); !slices.Equal(got.Taints, test.want) || !slices.Equal(got.AddedTaints, test.want) {
				t.Errorf("taints %q added %q, want %q", got.Taints, got.AddedTaints, test.want)
			}
			if err := verifier(t).Verify(ctx, kest.PassportFromContext(ctx)); err != nil {
				t.Error(err)
			}
		})
	}
}
