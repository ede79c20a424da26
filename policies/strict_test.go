package policies_test

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kestgo/kest/runtime/engine/cedar"

	"github.com/kestgo/kest/policies"
)

// schema declares one action, and the attributes that docs/policies.md gives its
// policy, all of them optional.
const schema = `
type Deviation = { approver: String, policy: String, reason: String, tier: String };
type Triple = { user: String, tp: String, cdi: String };
type Context = {
  agent?: String, user?: String, task?: String,
  identity: String, is_root: Bool, source_type: String, taints: Set<String>, trust_score: Long,
  environment: {
    active_deviations: Set<Deviation>, classification: String, is_root: Bool, operation: String, parent_hash: String,
    policy_names: Set<String>, policy_tier: String, source_type: String,
  },
  object: { attributes: { %s }, id?: String },
  subject: { agent?: String, taints: Set<String>, task?: String, trust_score: Long, user?: String, workload: String },
};
entity Workload;
entity Resource;
action "%s" appliesTo { principal: Workload, resource: Resource, context: Context };
`

// TestStrictValidation is what docs/policies.md says of schemas: which policies a
// store that validates strictly takes.
func TestStrictValidation(t *testing.T) {
	for policy, test := range map[string]struct {
		attributes string
		passes     bool
	}{
		policies.BellLaPadula:   {"access?: String, clearance?: String, label?: String, clearance_categories?: Set<String>, label_categories?: Set<String>", true},
		policies.Biba:           {"access?: String, integrity?: Long", false},
		policies.BrewerNash:     {"access?: String, dataset?: String, conflicts?: Set<String>, others?: Set<String>, history?: Set<String>", true},
		policies.ClarkWilson:    {"cdi?: String, triples?: Set<Triple>, separated_from?: Set<String>", true},
		policies.GoguenMeseguer: {"output?: String", true},
		policies.TaintDenyList:  {"denied_taint?: String, denied_taints?: Set<String>", true},
		policies.TrustThreshold: {"min_trust?: Long", false},
	} {
		file := path.Base(policy) + ".cedar"
		text, err := fs.ReadFile(policies.Cedar(), file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = cedar.Load(fstest.MapFS{
			file:              {Data: text},
			"all.cedarschema": {Data: fmt.Appendf(nil, schema, test.attributes, policy)},
		})
		if (err == nil) != test.passes || err != nil && !strings.Contains(err.Error(), "does not fit the schema") {
			t.Errorf("%s: got %v, want that it passes to be %t", policy, err, test.passes)
		}
	}
}
