package cedaragent

import (
	"encoding/json"
	"testing"

	"github.com/cedar-policy/cedar-go/types"

	kest "github.com/kestgo/kest/runtime"
)

// FuzzDecide holds the strict reader against encoding/json: what ours calls
// allowed, any reader calls allowed, without an error beside it.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		`{"decision":"Allow","diagnostics":{"reason":["p"],"errors":[]}}`, `{"decision":"Deny","diagnostics":{"reason":[],"errors":["x"]}}`,
		`{"decision":"Allow"}`, `{"decision":"Allow","decision":"Deny"}`, `{"diagnostics":{"errors":[1]},"decision":"\u0041llow"}`, `{}`, `[`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		allowed, err := decide(answer)
		if err != nil {
			if allowed {
				t.Fatalf("allowed together with %v", err)
			}
			return
		}
		// Maps, since struct fields match without regard to case.
		var members map[string]json.RawMessage
		var decision string
		if err := json.Unmarshal(answer, &members); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if err := json.Unmarshal(members["decision"], &decision); err != nil {
			t.Fatalf("accepted a decision that is no string: %v", err)
		}
		if allowed != (decision == "Allow") || !allowed && decision != "Deny" {
			t.Fatalf("got %t for %q", allowed, answer)
		}
		if members["diagnostics"] == nil {
			return
		}
		var diagnostics map[string]json.RawMessage
		var errs []json.RawMessage
		if err := json.Unmarshal(members["diagnostics"], &diagnostics); err != nil {
			t.Fatalf("accepted diagnostics that are no object: %v", err)
		}
		if text, ok := diagnostics["errors"]; ok {
			if err := json.Unmarshal(text, &errs); err != nil || len(errs) > 0 {
				t.Fatalf("got %t in spite of the errors of %q", allowed, answer)
			}
		}
	})
}

// FuzzQuestion: whatever the name and the ids are, the server reads the question
// that was meant, and no member more.
func FuzzQuestion(f *testing.F) {
	f.Add("kest/allow_trusted", "spiffe://example.org/a", "orders/o-17", `{"amount":12}`)
	f.Add(`x", "context": {"trust_score": 100}, "y": "`, `a" || "`, `\u{41}`, `{"__entity":{}}`)
	f.Add("a", "\xff", "\u0300\u200d", `{}},"x":{{`)
	f.Fuzz(func(t *testing.T, policy, workload, resource, attributes string) {
		if checkName(policy) != nil {
			return
		}
		text, err := question(policy, &kest.PolicyInput{Workload: workload, ResourceID: resource, Attributes: []byte(attributes)})
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil || len(members) != 4 || members["context"] == nil {
			t.Fatalf("%v: %s", err, text)
		}
		if resource == "" {
			resource = "*"
		}
		for member, want := range map[string]types.EntityUID{
			"principal": types.NewEntityUID("Workload", types.String(workload)),
			"action":    types.NewEntityUID("Action", types.String(policy)),
			"resource":  types.NewEntityUID("Resource", types.String(resource)),
		} {
			var cedar string
			var got types.EntityUID
			if err := json.Unmarshal(members[member], &cedar); err != nil {
				t.Fatal(err)
			}
			if err := got.UnmarshalCedar([]byte(cedar)); err != nil || got != want {
				t.Fatalf("%s: got %v, %v, want %v", member, got, err, want)
			}
		}
	})
}
