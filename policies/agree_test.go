package policies_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"

	"github.com/kestgo/kest/policies"
)

// A drawn attribute takes one of its values, or one that is wrong for most.
type drawn map[string][]any

func list(texts ...string) any { return texts }

var (
	accesses   = []any{"read", "append", "write", "invoke"}
	levels     = []any{"unclassified", "confidential", "secret", "top_secret"}
	categories = []any{list(), list("a"), list("a", "b"), list("b", "a", "b"), list("b")}
	scores     = []any{0, "0", 9, "9", 40, "40", 60, "60", 61, "61", 100, "100", 101, "101", "060"}
	datasets   = []any{"wall:banks:acme", "wall:banks:globex", "wall:oil:initech"}
	walls      = []any{list(), list("wall:banks:globex"), list("wall:banks:acme"), list("wall:oil:initech", "wall:banks:globex")}
	relations  = []any{
		[]any{map[string]any{"user": "alice", "tp": "transfer", "cdi": "accounts"}},
		[]any{map[string]any{"user": "bob", "tp": "transfer", "cdi": "accounts"}, map[string]any{"user": "alice", "tp": "audit", "cdi": "ledger"}},
	}
	wrong = []any{nil, true, -1, "", "?", 7, list(), list("?"), map[string]any{"a": "pii"}}

	vocabulary = map[string]drawn{
		policies.BellLaPadula: {"access": accesses, "clearance": levels, "label": levels,
			"clearance_categories": categories, "label_categories": categories},
		policies.Biba: {"access": accesses, "integrity": scores},
		policies.BrewerNash: {"access": accesses, "dataset": datasets, "conflicts": walls,
			"others": walls, "history": walls},
		policies.ClarkWilson: {"cdi": {"accounts", "ledger"}, "triples": relations,
			"separated_from": {list(), list("alice"), list("carol", "bob")}},
		policies.GoguenMeseguer: {"output": levels},
		policies.TaintDenyList:  {"denied_taint": {"pii", "secret"}, "denied_taints": {list("pii"), list("secret", "malware")}},
		policies.TrustThreshold: {"min_trust": scores},
	}

	drawnTaints = []string{"pii", "secret", "unvalidated", "wall:banks:acme", "wall:banks:globex", "wall:oil:initech",
		"level:unclassified", "level:confidential", "level:secret", "level:top_secret"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// draw makes an input that is allowed often enough.
func (d drawn) draw(t *testing.T, r *rand.Rand) *kest.PolicyInput {
	in := input()
	attributes := map[string]any{}
	for name, values := range d {
		switch n := r.IntN(20); {
		case n == 0:
			attributes[name] = pick(r, wrong)
		case n > 2:
			attributes[name] = pick(r, values)
		}
	}
	in.Attributes = encode(t, attributes)
	in.TrustScore = pick(r, []int{0, 9, 39, 40, 60, 61, 100})
	for _, taint := range drawnTaints {
		if r.IntN(6) == 0 {
			in.Taints = append(in.Taints, taint)
		}
	}
	in.User = pick(r, []string{"alice", "bob", ""})
	in.Operation = pick(r, []string{"transfer", "audit"})
	in.SourceType = pick(r, []string{"", "internal", "user_input"})
	in.Classification = pick(r, []string{kest.ClassSystem, kest.ClassSanitizer})
	in.IsRoot = r.IntN(4) == 0
	return in
}

// TestLanguagesAgree draws inputs; an error counts as a denial.
func TestLanguagesAgree(t *testing.T) {
	const inputs = 1000
	both := engines(t)
	for policy, d := range vocabulary {
		t.Run(strings.TrimPrefix(policy, "kest/"), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2)) // the same inputs in every run
			allowed := 0
			for range inputs {
				in := d.draw(t, r)
				inRego, regoErr := both["rego"].Evaluate(t.Context(), policy, in)
				inCedar, cedarErr := both["cedar"].Evaluate(t.Context(), policy, in)
				if inRego != inCedar {
					t.Fatalf("Rego says %t (%v) and Cedar %t (%v) of\n%+v\nwith the attributes %s",
						inRego, regoErr, inCedar, cedarErr, in, in.Attributes)
				}
				if inRego {
					allowed++
				}
			}
			if allowed < inputs/100 || allowed > inputs*99/100 {
				t.Errorf("%d of %d are allowed: the inputs say too little", allowed, inputs)
			}
			t.Logf("%d of %d allowed", allowed, inputs)
		})
	}
}
