package kest_test

import (
	"errors"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

// TestTC04WeakestLink: F-TS-03, the vectors of PROTOCOL §6 and 10·100/100 = 10.
func TestTC04WeakestLink(t *testing.T) {
	for _, v := range []struct {
		self    int
		parents []int
		want    int
	}{
		{100, []int{10}, 10},
		{80, nil, 80},
		{50, []int{90}, 45},
		{100, []int{90, 40}, 40},
		{90, []int{70}, 63},
		{100, []int{0, 80}, 0},
	} {
		if got := (kest.WeakestLink{}).Evaluate(v.self, v.parents); got != v.want {
			t.Errorf("self %d, parents %d: %d, want %d", v.self, v.parents, got, v.want)
		}
	}
}

func TestWeighted(t *testing.T) {
	for _, v := range []struct {
		weight, self int
		parents      []int
		want         int
	}{
		{100, 60, []int{10}, 60}, {0, 60, []int{10, 20}, 10}, {50, 60, []int{10}, 35}, {30, 41, []int{90}, 75}, {30, 41, nil, 41},
	} {
		if got := (kest.Weighted{Self: v.weight}).Evaluate(v.self, v.parents); got != v.want {
			t.Errorf("weight %d, self %d, parents %d: %d, want %d", v.weight, v.self, v.parents, got, v.want)
		}
	}
}

// TestTrustOfACall: F-TS-01..05 through the hook.
func TestTrustOfACall(t *testing.T) {
	config := kest.Config{Origins: map[string]int{"partner": 70}}
	for name, test := range map[string]struct {
		sources  []string // from the root on
		override *int
		want     int
	}{
		"root internal":          {sources: []string{"internal"}, want: 100},
		"root internet":          {sources: []string{"internet"}, want: 10},
		"root llm":               {sources: []string{"llm"}, want: 0},
		"root registered":        {sources: []string{"partner"}, want: 70},
		"root unknown":           {sources: []string{"nobody"}, want: 10},
		"root without a source":  {sources: []string{""}, want: 10},
		"below without a source": {sources: []string{"user_input", ""}, want: 40},
		"below unknown":          {sources: []string{"user_input", "nobody"}, want: 40},
		"product":                {sources: []string{"verified_rag", "third_party_api"}, want: 54},
		"weakest and own":        {sources: []string{"internal", "internet", "internal"}, want: 10},
		"override too big":       {sources: []string{"internet"}, override: new(900), want: 100},
		"override negative":      {sources: []string{"internal"}, override: new(-1), want: 0},
		"override zero":          {sources: []string{"internal"}, override: new(0), want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, config)
			for i, source := range test.sources {
				hc := kest.HookConfig{Source: source}
				if i == len(test.sources)-1 {
					hc.TrustOverride = test.override
				}
				ctx = enter(t, ctx, hook(hc))
			}
			if got := lastEntry(t, ctx).TrustScore; got != test.want {
				t.Errorf("trust_score = %d, want %d", got, test.want)
			}
		})
	}
}

// TestTC05Override: F-TS-05, an override takes the place of what follows from the
// parents, and the entry says so.
func TestTC05Override(t *testing.T) {
	ctx := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{Source: "internet"}))
	ctx = enter(t, ctx, hook(kest.HookConfig{Source: "internet", TrustOverride: new(95)}))
	entry := lastEntry(t, ctx)
	if entry.TrustScore != 95 || entry.Labels[kest.LabelTrustOverride] != "95" {
		t.Errorf("trust_score %d with the label %q, want 95 both", entry.TrustScore, entry.Labels[kest.LabelTrustOverride])
	}
	if err := verifier(t).Verify(ctx, kest.PassportFromContext(ctx)); err != nil {
		t.Error(err)
	}
}

// TestTrustUsesParentsNotAncestors: only the tips that an entry extends count.
func TestTrustUsesParentsNotAncestors(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	ctx = enter(t, ctx, hook(kest.HookConfig{Source: "internet"}))
	ctx = enter(t, ctx, hook(kest.HookConfig{TrustOverride: new(90)}))
	ctx = enter(t, ctx, hook(kest.HookConfig{Source: "verified_rag"}))
	if got := lastEntry(t, ctx).TrustScore; got != 81 {
		t.Errorf("trust_score = %d, want 90·90/100 = 81", got)
	}
}

func TestEvaluatorIsNamedInTheEntry(t *testing.T) {
	ctx := testContext(t, kest.Config{Evaluator: kest.Weighted{Self: 50}})
	ctx = enter(t, enter(t, ctx, hook(kest.HookConfig{Source: "internet"})), hook(kest.HookConfig{Source: "internal"}))
	entry := lastEntry(t, ctx)
	if entry.TrustScore != 55 || entry.Labels[kest.LabelTrustEvaluator] != "weighted:50" {
		t.Errorf("trust_score %d with evaluator %q, want 55 with weighted:50", entry.TrustScore, entry.Labels[kest.LabelTrustEvaluator])
	}
	v := verifier(t)
	if err := v.Verify(ctx, kest.PassportFromContext(ctx)); err == nil || !strings.Contains(err.Error(), "weighted:50") {
		t.Errorf("a verifier without that evaluator says %v, want an error that names it", err)
	}
	v.Evaluators = []kest.TrustEvaluator{kest.Weighted{Self: 50}}
	if err := v.Verify(ctx, kest.PassportFromContext(ctx)); err != nil {
		t.Error(err)
	}
}

// TestEvaluatorsAreTried: one that breaks its contract is an error at start-up,
// and the default one is known by value and by pointer.
func TestEvaluatorsAreTried(t *testing.T) {
	for name, evaluator := range map[string]kest.TrustEvaluator{
		"weight too large": kest.Weighted{Self: 500},
		"out of range":     outOfRange{},
		"nil pointer":      (*kest.Weighted)(nil),
		"name of default":  named("weakest_link"),
		"no name":          named(""),
		"name not UTF-8":   named("\xff"),
	} {
		if _, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: identity(workload), Evaluator: evaluator}); !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: error = %v, want ErrConfig", name, err)
		}
	}
	ctx := enter(t, testContext(t, kest.Config{Evaluator: &kest.WeakestLink{}}), hook(kest.HookConfig{}))
	if name, ok := lastEntry(t, ctx).Labels[kest.LabelTrustEvaluator]; ok {
		t.Errorf("the default evaluator is named: %q", name)
	}
}

// named is an evaluator with a name.
type named string

func (n named) Name() string          { return string(n) }
func (named) Evaluate(int, []int) int { return 50 }

// TestOriginsAreChecked: F-TS-02.
func TestOriginsAreChecked(t *testing.T) {
	for name, origins := range map[string]map[string]int{
		"built in": {"internet": 99},
		"too high": {"partner": 101},
		"negative": {"partner": -1},
		"no name":  {"": 10},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: identity(workload), Origins: origins})
			if !errors.Is(err, kest.ErrConfig) {
				t.Errorf("error = %v, want ErrConfig", err)
			}
		})
	}
	if _, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: identity(workload), Origins: map[string]int{"internet": 10}}); err != nil {
		t.Errorf("repeating a built-in score is refused: %v", err)
	}
}
