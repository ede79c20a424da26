package kest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Trust scores are integers from 0 to 100.
const (
	minTrust = 0
	maxTrust = 100
	// unknownOriginTrust is the score of a root whose origin nobody registered.
	unknownOriginTrust = 10
)

// builtinOrigins cannot be changed by configuration (F-TS-02).
var builtinOrigins = map[string]int{
	"system":          100,
	"internal":        100,
	"verified_rag":    90,
	"third_party_api": 60,
	"user_input":      40,
	"internet":        10,
	"llm":             0,
}

// BuiltinOrigins are the seven origins that every implementation has, and
// their scores. The map is the caller's own.
func BuiltinOrigins() map[string]int { return maps.Clone(builtinOrigins) }

// mergeOrigins adds registered origins to the seven. The map it returns is only
// for reading.
func mergeOrigins(more map[string]int) (map[string]int, error) {
	if len(more) == 0 {
		return builtinOrigins, nil
	}
	all := BuiltinOrigins()
	for _, name := range slices.Sorted(maps.Keys(more)) {
		score := more[name]
		switch {
		case name == "":
			return nil, fmt.Errorf("an origin has no name: give it one, or remove it")
		case score < minTrust || score > maxTrust:
			return nil, fmt.Errorf("origin %q has score %d: scores are 0 to 100", name, score)
		}
		if fixed, ok := builtinOrigins[name]; ok && fixed != score {
			return nil, fmt.Errorf("origin %q is built in with score %d and cannot be changed to %d: register another name (F-TS-02)", name, fixed, score)
		}
		all[name] = score
	}
	return all, nil
}

// A TrustEvaluator combines the score of a call's own origin with the scores
// of the entries it extends. It must be a pure function of its arguments,
// since a verifier computes the score again, and must give 0 to 100.
//
// Name stands in the entry (label kest.trust_evaluator), and a verifier needs
// an evaluator of the same name.
type TrustEvaluator interface {
	Name() string
	// Evaluate gets the origin's score and one score for each parent, never
	// none.
	Evaluate(self int, parents []int) int
}

// WeakestLink is the default evaluator: min(parents) × self / 100 in integers
// (F-TS-03). Its name is never written into an entry.
type WeakestLink struct{}

// Name is "weakest_link".
func (WeakestLink) Name() string { return "weakest_link" }

// Evaluate implements TrustEvaluator; with no parents it gives self.
func (WeakestLink) Evaluate(self int, parents []int) int {
	if len(parents) == 0 {
		return self
	}
	return slices.Min(parents) * self / 100
}

// Weighted is an evaluator that takes Self percent of the origin's score and
// the rest of the weakest parent's: (Self·self + (100−Self)·min(parents)) / 100
// in integers. Unlike the default it can end above its weakest parent.
type Weighted struct {
	Self int // 0–100
}

// Name is "weighted:" and the percentage, so that a verifier with another
// weight does not take it for its own.
func (w Weighted) Name() string { return "weighted:" + strconv.Itoa(w.Self) }

// Evaluate implements TrustEvaluator; with no parents it gives self.
func (w Weighted) Evaluate(self int, parents []int) int {
	if len(parents) == 0 {
		return self
	}
	return (w.Self*self + (100-w.Self)*slices.Min(parents)) / 100
}

// originTrust is the origin's own score at a root or below one.
func originTrust(origins map[string]int, source string, root bool) int {
	if score, ok := origins[source]; ok {
		return score
	}
	if root {
		return unknownOriginTrust
	}
	return maxTrust
}

// trustOf is the score of an entry: the override, else the origin's score at a
// root, else the evaluator's (F-TS-01..05). A nil evaluator is the default one.
func trustOf(origins map[string]int, source string, override *int, evaluator TrustEvaluator, parents []*node) (int, error) {
	if override != nil {
		return min(max(*override, minTrust), maxTrust), nil
	}
	self := originTrust(origins, source, len(parents) == 0)
	if len(parents) == 0 {
		return self, nil
	}
	if evaluator == nil {
		weakest := maxTrust
		for _, p := range parents {
			weakest = min(weakest, p.trust)
		}
		return weakest * self / 100, nil
	}
	scores := make([]int, len(parents))
	for i, p := range parents {
		scores[i] = p.trust
	}
	score, err := evaluate(evaluator, self, scores)
	if err != nil {
		return 0, fmt.Errorf("trust evaluator: %w", err)
	}
	if score < minTrust || score > maxTrust {
		return 0, fmt.Errorf("trust evaluator %q gave %d for origin %d and parents %d: it must give 0 to 100", evaluator.Name(), score, self, scores)
	}
	return score, nil
}

func evaluate(evaluator TrustEvaluator, self int, parents []int) (score int, err error) {
	defer recoverAs(&err)
	return evaluator.Evaluate(self, parents), nil
}
