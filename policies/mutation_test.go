package policies_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/kestgo/kest/policies"
)

// optional are the attributes that a policy decides without: those with a
// default, and those of which one is enough.
var optional = map[string][]string{
	policies.BrewerNash:     {"history"},
	policies.TaintDenyList:  {"denied_taint", "denied_taints"},
	policies.TrustThreshold: {"min_trust"},
}

// TestNoAttributeMayBeMissing takes the attributes of what is allowed away, one
// at a time.
func TestNoAttributeMayBeMissing(t *testing.T) {
	forEachAttribute(t, func(policy, name string, attributes map[string]any) []any {
		if slices.Contains(optional[policy], name) {
			return nil
		}
		delete(attributes, name)
		return []any{attributes}
	})
}

// TestWrongTypesNeverAllow gives the attributes of what is allowed values that
// none can have, most of them of another type.
func TestWrongTypesNeverAllow(t *testing.T) {
	forEachAttribute(t, func(_, name string, attributes map[string]any) []any {
		var mutants []any
		for _, wrong := range []any{true, false, 101, -1, "", map[string]any{"pii": "pii"}} {
			mutant := maps.Clone(attributes)
			mutant[name] = wrong
			mutants = append(mutants, mutant)
		}
		return mutants
	})
}

// TestRegoLooksIntoLists: a list of lists, say, has nothing that is in a history,
// and a deny-list of that kind would refuse nothing. Cedar cannot tell.
func TestRegoLooksIntoLists(t *testing.T) {
	engine := engines(t)["rego"]
	for policy, table := range tables {
		for _, c := range table {
			attributes := c.decode(t)
			for name, value := range attributes {
				list, ok := value.([]any)
				if !ok || name == "triples" {
					continue
				}
				for _, wrong := range []any{[]any{"pii"}, 7.0, nil, map[string]any{}} {
					mutant := maps.Clone(attributes)
					mutant[name] = append(slices.Clone(list), wrong)
					in := c.input()
					in.Attributes = encode(t, mutant)
					if allowed, _ := engine.Evaluate(t.Context(), policy, in); allowed {
						t.Errorf("%s: %s: allowed with %s", policy, c.name, in.Attributes)
					}
				}
			}
		}
	}
}

// forEachAttribute has every attribute of every row that is allowed changed, and
// checks that what comes out of it is denied.
func forEachAttribute(t *testing.T, mutate func(policy, name string, attributes map[string]any) []any) {
	for language, engine := range engines(t) {
		for policy, table := range tables {
			for _, c := range table {
				attributes := c.decode(t)
				for name, value := range attributes {
					if !c.want || value == nil {
						continue
					}
					for _, mutant := range mutate(policy, name, maps.Clone(attributes)) {
						in := c.input()
						in.Attributes = encode(t, mutant)
						if allowed, _ := engine.Evaluate(t.Context(), policy, in); allowed {
							t.Errorf("%s: %s: %s: allowed with %s", language, policy, c.name, in.Attributes)
						}
					}
				}
			}
		}
	}
}

func (c testCase) decode(t *testing.T) (attributes map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.attributes), &attributes); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return attributes
}

func encode(t *testing.T, attributes any) []byte {
	t.Helper()
	text, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
