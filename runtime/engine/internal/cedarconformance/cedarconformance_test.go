package cedarconformance

import (
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

// TestStatements: servers take policies one by one, each under an id.
func TestStatements(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Statements() {
		list, err := cedar.NewPolicyListFromBytes(s.ID, []byte(s.Text))
		if err != nil || len(list) != 1 || seen[s.ID] || s.ID == "" {
			t.Errorf("%q has %d policies: %v", s.ID, len(list), err)
		}
		seen[s.ID] = true
	}
	var entities types.EntityMap
	if err := entities.UnmarshalJSON(Entities()); err != nil || len(entities) == 0 {
		t.Errorf("%d entities: %v", len(entities), err)
	}
}

// TestEveryNameHasACase: each policy is allowed or denied by some case, so that
// none is there in vain, and Names is what cases may ask for.
func TestEveryNameHasACase(t *testing.T) {
	names := Names()
	if !slices.IsSorted(names) {
		t.Error("Names is not sorted")
	}
	for _, name := range names {
		if !slices.ContainsFunc(cases, func(c testCase) bool { return c.policy == name && (c.want == allow || c.want == deny) }) {
			t.Errorf("%s has no case", name)
		}
	}
}
