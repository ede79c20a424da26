package policies_test

import (
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/engine/cedaragent"

	"github.com/kestgo/kest/policies"
)

// newCedarAgent is the engine of a real cedar-agent, Rust and Cedar 2.4, that has
// loaded the library: each file as one policy, under the file's name.
func newCedarAgent(t *testing.T) *cedaragent.Engine {
	t.Helper()
	texts := make(map[string]string)
	names, err := fs.Glob(policies.Cedar(), "*.cedar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(policies.Cedar(), name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	address := testserver.Address(t)
	testserver.StartCedarAgent(t, address, testserver.WriteCedarAgentFiles(t, texts, []byte("[]")))
	// A time-out that no call needs on a busy machine.
	engine, err := cedaragent.New(cedaragent.Config{URL: "http://" + address + "/v1", Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// TestTablesOnCedarAgent is what makes "valid in Cedar 2.4" true: an agent that
// could not load a policy would deny the rows that are allowed, which every table
// has.
func TestTablesOnCedarAgent(t *testing.T) {
	engine := newCedarAgent(t)
	for policy, table := range tables {
		allowed := 0
		for _, c := range table {
			got, err := engine.Evaluate(t.Context(), policy, c.input())
			if got != bool(c.want) || got && err != nil {
				t.Errorf("%s/%s: got %t, %v, want %t", policy, c.name, got, err, c.want)
			}
			if got {
				allowed++
			}
		}
		if allowed == 0 {
			t.Errorf("%s: nothing is allowed: is the policy loaded?", policy)
		}
	}
}

// TestCedarAgentAgrees draws inputs, as TestLanguagesAgree does; an error counts as
// a denial.
func TestCedarAgentAgrees(t *testing.T) {
	const inputs = 200
	engine, inProcess := newCedarAgent(t), engines(t)["cedar"]
	for policy, d := range vocabulary {
		t.Run(strings.TrimPrefix(policy, "kest/"), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4)) // the same inputs in every run
			for range inputs {
				in := d.draw(t, r)
				onAgent, agentErr := engine.Evaluate(t.Context(), policy, in)
				inCedar, cedarErr := inProcess.Evaluate(t.Context(), policy, in)
				if onAgent != inCedar || (agentErr != nil) != (cedarErr != nil) {
					t.Fatalf("cedar-agent says %t (%v) and cedar-go %t (%v) of\n%+v\nwith the attributes %s",
						onAgent, agentErr, inCedar, cedarErr, in, in.Attributes)
				}
			}
		})
	}
}
