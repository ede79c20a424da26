// Package cedarconformance is one table of policies, entities, inputs and
// outcomes for all engines that evaluate Cedar: in process, a cedar-agent, AWS
// Verified Permissions. They must not disagree about a call, apart from what
// only an engine that has the policies itself can tell.
//
// The policies are in the syntax of Cedar 2.4, one to a file.
package cedarconformance

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

//go:embed policies
var embedded embed.FS

// Policies is the file system that an engine in process loads: .cedar files and
// entities.json.
func Policies() fs.FS {
	policies, err := fs.Sub(embedded, "policies")
	if err != nil {
		panic(err) // the name is that of the directive above
	}
	return policies
}

// A Statement is one Cedar policy.
type Statement struct {
	ID   string // lower-case letters and underscores
	Text string // Cedar 2.4
}

// Statements are the policies of Policies, for a server, sorted by their ids.
func Statements() []Statement {
	files, err := fs.Glob(Policies(), "*.cedar")
	if err != nil {
		panic(err) // the pattern is the one above
	}
	var list []Statement
	for _, file := range files {
		list = append(list, Statement{strings.TrimSuffix(file, ".cedar"), string(read(file))})
	}
	return list
}

// Entities is Cedar's JSON array of the entities that the policies need, for a
// server. Those of the type Action make the groups of actions.
func Entities() []byte { return read("entities.json") }

func read(file string) []byte {
	text, err := fs.ReadFile(Policies(), file)
	if err != nil {
		panic(err) // it is embedded
	}
	return text
}

// Names are the policies that there are, in Kest's sense, for an engine that has
// to be told, sorted.
func Names() []string {
	return []string{
		"kest/absent", "kest/allow_trusted", "kest/approved_deviation", "kest/bill", "kest/by_entity", "kest/by_group", "kest/clean",
		"kest/frozen", "kest/known_user", "kest/limit", "kest/no_deviation", "kest/numbers", "kest/one", "kest/owner", "kest/price",
		"kest/read_lines", "kest/read_orders", "kest/readers", "kest/role", "kest/text", "kest/times", "kest/two", "kest/unknown",
		"kest/whole_context",
	}
}

// Run checks every case of the table on one engine. What the table calls unsure
// may be a denial or an error, as with a server.
func Run(t *testing.T, engine kest.Engine) { run(t, engine, false) }

// RunExact is Run for an engine that has the policies: unsure is an error.
func RunExact(t *testing.T, engine kest.Engine) { run(t, engine, true) }

func run(t *testing.T, engine kest.Engine, exact bool) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			input := Input()
			if c.change != nil {
				c.change(input)
			}
			allowed, err := engine.Evaluate(context.Background(), c.policy, input)
			got := deny
			switch {
			case err != nil && allowed:
				t.Fatalf("allowed together with the error %v", err)
			case err != nil:
				got = fail
			case allowed:
				got = allow
			}
			want := c.want
			if want == unsure && (exact || got == fail) {
				want = fail
			} else if want == unsure {
				want = deny
			}
			if got != want {
				t.Errorf("policy %q: got %s (%v), want %s", c.policy, got, err, c.want)
			}
			if err != nil && !errors.Is(err, kest.ErrPolicy) {
				t.Errorf("policy %q: error %v does not match ErrPolicy", c.policy, err)
			}
		})
	}
	t.Run("no input", func(t *testing.T) {
		if allowed, err := engine.Evaluate(context.Background(), "kest/clean", nil); allowed || !errors.Is(err, kest.ErrPolicy) {
			t.Errorf("got %t, %v, want an error that matches ErrPolicy", allowed, err)
		}
	})
}

// Input is the input that the cases start from; each call makes a new one.
func Input() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload:       "spiffe://example.org/payments",
		User:           "alice",
		Agent:          "assistant",
		Task:           "refund",
		TrustScore:     63,
		Taints:         []string{"contains_data", "requires_review"},
		ResourceID:     "orders/o-17",
		Attributes:     []byte(`{"amount":1250,"lines":[1,{"sku":"s-1"}],"urgent":true}`),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyNames:    []string{"kest/whole_context", "kest/other"},
		PolicyTier:     kest.TierPlatform,
		Operation:      "Orders.Refund",
		Classification: "critic",
		Deviations: []kest.Deviation{{
			Policy:   "kest/four_eyes",
			Tier:     kest.TierEnterprise,
			Reason:   "migration until June",
			Approver: "ciso@example.org",
		}},
	}
}
