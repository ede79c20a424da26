package policies_test

import (
	"fmt"
	"strconv"
	"testing"

	kest "github.com/kestgo/kest/runtime"

	"github.com/kestgo/kest/policies"
)

func decide(t *testing.T, engine kest.Engine, policy string, in *kest.PolicyInput) bool {
	t.Helper()
	allowed, err := engine.Evaluate(t.Context(), policy, in)
	if err != nil {
		t.Fatalf("%s: %v", in.Attributes, err)
	}
	return allowed
}

// TestBellLaPadulaFlowsUp is the theorem, on all levels and compartments there
// are: what a subject may read it can append only to where the label dominates
// that of the source, and what it may write it may read as well.
func TestBellLaPadulaFlowsUp(t *testing.T) {
	type label struct{ level, categories int } // categories as bits
	var labels []label
	for level := range 4 {
		for categories := range 4 {
			labels = append(labels, label{level, categories})
		}
	}
	texts := func(l label) (string, string) {
		return fmt.Sprint(levels[l.level]), []string{`[]`, `["a"]`, `["b"]`, `["a","b"]`}[l.categories]
	}
	for language, engine := range engines(t) {
		may := func(access string, subject, object label) bool {
			clearance, held := texts(subject)
			level, needed := texts(object)
			in := input()
			in.Attributes = fmt.Appendf(nil, `{"access":%q,"clearance":%q,"clearance_categories":%s,"label":%q,"label_categories":%s}`,
				access, clearance, held, level, needed)
			return decide(t, engine, policies.BellLaPadula, in)
		}
		for _, subject := range labels {
			var sources, targets []label
			for _, object := range labels {
				read, appended := may("read", subject, object), may("append", subject, object)
				if read {
					sources = append(sources, object)
				}
				if appended {
					targets = append(targets, object)
				}
				if written := may("write", subject, object); written != (read && appended) {
					t.Errorf("%s: %v on %v: write is %t, read %t, append %t", language, subject, object, written, read, appended)
				}
			}
			if len(sources) == 0 || len(targets) == 0 {
				t.Errorf("%s: %v can do nothing", language, subject)
			}
			for _, from := range sources {
				for _, to := range targets {
					if to.level < from.level || from.categories&^to.categories != 0 {
						t.Errorf("%s: %v carries %v to %v", language, subject, from, to)
					}
				}
			}
		}
	}
}

// TestScores compares every threshold, as a number and in digits, with the trust
// scores around it and at both ends.
func TestScores(t *testing.T) {
	compare := map[string]func(score, other int) bool{
		`{"access":"append","integrity":%s}`: func(score, other int) bool { return score >= other },
		`{"access":"invoke","integrity":%s}`: func(score, other int) bool { return score >= other },
		`{"access":"read","integrity":%s}`:   func(score, other int) bool { return score <= other },
		`{"access":"write","integrity":%s}`:  func(score, other int) bool { return score == other },
		`{"min_trust":%s}`:                   func(score, other int) bool { return score >= other },
	}
	for language, engine := range engines(t) {
		for attributes, want := range compare {
			policy := policies.Biba
			if attributes == `{"min_trust":%s}` {
				policy = policies.TrustThreshold
			}
			for other := range 101 {
				for _, text := range []string{strconv.Itoa(other), strconv.Quote(strconv.Itoa(other))} {
					in := input()
					in.Attributes = fmt.Appendf(nil, attributes, text)
					for _, score := range []int{0, max(other-1, 0), other, min(other+1, 100), 100} {
						in.TrustScore = score
						if got := decide(t, engine, policy, in); got != want(score, other) {
							t.Fatalf("%s: trust %d, %s: got %t", language, score, in.Attributes, got)
						}
					}
				}
			}
		}
	}
}
