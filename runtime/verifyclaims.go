package kest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// verifyClaims computes again what an entry claims of itself: a node may not
// assert its own trust.
func (r *verification) verifyClaims(entry *Entry, parents []*node, fail func(Check, string, string) error, failWith func(Check, error) error) error {
	departures := r.Departures[entry.Runtime.Name]
	if err := checkLabels(entry, departures); err != nil {
		return failWith(CheckLabels, err)
	}
	if !departures.UnsortedTaints {
		for _, list := range [][]string{entry.AddedTaints, entry.RemovedTaints, entry.Taints} {
			if !isSortedSet(list) {
				return fail(CheckTaints, "sorted taints without repetitions", quoteList(list))
			}
		}
	}
	if departures.NoRecomputation {
		return nil
	}
	if len(entry.RemovedTaints) > 0 && entry.Classification != ClassSanitizer && entry.Labels[LabelTrustOverride] == "" {
		return fail(CheckTaints, "removed taints only with a trust override or the classification sanitizer", quoteList(entry.RemovedTaints))
	}
	taints := nextTaints(parents, sortedSet(slices.Clone(entry.AddedTaints)), sortedSet(slices.Clone(entry.RemovedTaints)))
	if !slices.Equal(taints, sortedSet(slices.Clone(entry.Taints))) {
		return fail(CheckTaints, quoteList(taints), quoteList(entry.Taints))
	}
	trust, err := r.recomputeTrust(entry, parents)
	if err != nil {
		return failWith(CheckTrustScore, err)
	}
	if trust != entry.TrustScore {
		return fail(CheckTrustScore, strconv.Itoa(trust), strconv.Itoa(entry.TrustScore))
	}
	return nil
}

// checkLabels demands the labels that the recomputation starts from.
func checkLabels(entry *Entry, departures Departures) error {
	if _, ok := entry.Labels[LabelTraceID]; !ok && !departures.NoTraceID {
		return fmt.Errorf("no label %s", LabelTraceID)
	}
	if _, ok := entry.Labels[LabelSourceType]; !ok && entry.Runtime.Name == RuntimeName {
		return fmt.Errorf("no label %s: entries of %s always have one", LabelSourceType, RuntimeName)
	}
	return nil
}

// recomputeTrust computes the score from the entry's labels with the verifier's
// own origins and evaluators. One that the verifier does not know is an error:
// below a root an unknown origin would count as 100.
func (r *verification) recomputeTrust(entry *Entry, parents []*node) (int, error) {
	source := entry.Labels[LabelSourceType]
	if _, known := r.origins[source]; !known && source != "" {
		return 0, fmt.Errorf("the origin %q is not known to this verifier: register it with its score", source)
	}
	var evaluator TrustEvaluator
	if name, ok := entry.Labels[LabelTrustEvaluator]; ok {
		at := slices.IndexFunc(r.Evaluators, func(e TrustEvaluator) bool { return e.Name() == name })
		if at < 0 {
			return 0, fmt.Errorf("the trust evaluator %q is not known to this verifier", name)
		}
		evaluator = r.Evaluators[at]
	}
	var override *int
	if text, ok := entry.Labels[LabelTrustOverride]; ok {
		value, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(value) != text {
			return 0, fmt.Errorf("the label %s is %q: it must be a decimal integer", LabelTrustOverride, text)
		}
		override = &value
	}
	return trustOf(r.origins, source, override, evaluator, parents)
}

func quoteList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, " ") + "]"
}
