package rego_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// documents are the input document with everything, and with nothing.
func documents(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for name, in := range map[string]kest.PolicyInput{
		"full": {
			Workload: "spiffe://example.org/a", User: "alice", Agent: "agent", Task: "task", TrustScore: 40,
			Taints: []string{"pii"}, ResourceID: "orders/1", Attributes: []byte(`{"amount":1,"nested":{"a":[null]}}`),
			SourceType: "internal", ParentHash: "0", PolicyNames: []string{"kest/a"}, PolicyTier: kest.TierFunction,
			Deviations: []kest.Deviation{{Policy: "kest/b", Tier: kest.TierPlatform, Reason: "r", Approver: "a"}},
			Operation:  "charge", Classification: "system",
		},
		"empty": {Attributes: []byte("{}")},
	} {
		text, err := in.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		all[name] = document
	}
	return all
}

// matches asks OPA's own JSON Schema implementation.
func matches(t *testing.T, document map[string]any) bool {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	query := fmt.Sprintf("json.match_schema(%s, %s, [matches, _])", text, rego.InputSchema())
	result, err := topdown.NewQuery(ast.MustParseBody(query)).WithCompiler(ast.NewCompiler()).Run(t.Context())
	if err != nil || len(result) != 1 {
		t.Fatalf("json.match_schema: %v, %v", result, err)
	}
	return result[0][ast.Var("matches")].Equal(ast.BooleanTerm(true))
}

// TestInputSchemaMatchesTheDocument: the schema has what AppendJSON writes and
// nothing else: without any one member, and with one more at any place but the
// attributes, a document does not match.
func TestInputSchemaMatchesTheDocument(t *testing.T) {
	for name, document := range documents(t) {
		if !matches(t, document) {
			t.Errorf("the %s document does not match", name)
		}
		mutate(document, "input", func(path string, object map[string]any) {
			for _, key := range slices.Sorted(maps.Keys(object)) {
				value := object[key]
				delete(object, key)
				if matches(t, document) {
					t.Errorf("the %s document matches without %s.%s", name, path, key)
				}
				object[key] = 1.5
				if matches(t, document) {
					t.Errorf("the %s document matches with a fraction as %s.%s", name, path, key)
				}
				object[key] = value
			}
			object["more"] = true
			if matches(t, document) {
				t.Errorf("the %s document matches with %s.more", name, path)
			}
			delete(object, "more")
		})
	}
}

// mutate visits the objects of a document, but for the attributes.
func mutate(value any, path string, visit func(path string, object map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if key != "attributes" {
				mutate(member, path+"."+key, visit)
			}
		}
		visit(path, value)
	case []any:
		for _, element := range value {
			mutate(element, path+"[_]", visit)
		}
	}
}

// TestTypeCheckKnowsEveryMember: a policy that reads a member of the document
// loads, and one that reads it with a letter more does not.
func TestTypeCheckKnowsEveryMember(t *testing.T) {
	load := func(expr string) error {
		_, err := rego.New(map[string]string{"a.rego": "package a\n\nallow if " + expr + " != 0\n"}, rego.WithTypeCheck())
		return err
	}
	count := 0
	mutate(documents(t)["full"], "input", func(path string, object map[string]any) {
		for key := range object {
			count++
			// Against itself, since OPA also finds that text is never 0.
			member := path + "." + key
			_, err := rego.New(map[string]string{"a.rego": "package a\n\nallow if " + member + " == " + member + "\n"}, rego.WithTypeCheck())
			if err != nil {
				t.Errorf("%s: %v", member, err)
			}
			if err := load(member + "x"); err == nil || !strings.Contains(err.Error(), "undefined ref") {
				t.Errorf("%sx: error = %v, want undefined ref", member, err)
			}
		}
	})
	if count != 25 {
		t.Errorf("the document has %d members, want 25: this test does not see all of them", count)
	}
	if err := load("input.object.attributes.anything.at_all"); err != nil {
		t.Errorf("attributes: %v", err)
	}
}

// TestWithoutTypeCheck: it is an option.
func TestWithoutTypeCheck(t *testing.T) {
	modules := fstest.MapFS{"a.rego": {Data: []byte("package a\n\nallow { input.request.method == \"GET\" }\n")}}
	if _, err := rego.Load(modules); err != nil {
		t.Error(err)
	}
	if _, err := rego.Load(modules, rego.WithTypeCheck()); err == nil || !strings.Contains(err.Error(), "a.rego:3") {
		t.Errorf("error = %v, want one at a.rego:3", err)
	}
}
