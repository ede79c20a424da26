// Package conformance is one table of policies, inputs and outcomes for all
// engines that evaluate Rego. An engine that runs in process and one that asks
// a server must not disagree about a call.
package conformance

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

//go:embed policies
var embedded embed.FS

// V0 are the modules that are written in Rego v0; all others are v1.
var V0 = []string{"allow_trusted.rego", "bill_v0.rego"}

// Policies is the file system that an engine under test loads.
func Policies() fs.FS {
	policies, err := fs.Sub(embedded, "policies")
	if err != nil {
		panic(err) // the name is that of the directive above
	}
	return policies
}

// Run checks every case of the table on one engine that has Policies.
func Run(t *testing.T, engine kest.Engine) {
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
			if got != c.want && (c.want != refuse || got == allow) {
				t.Errorf("policy %s: got %s (%v), want %s", c.policy, got, err, c.want)
			}
			if err != nil && !errors.Is(err, kest.ErrPolicy) {
				t.Errorf("policy %s: error %v does not match ErrPolicy", c.policy, err)
			}
		})
	}
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
		Attributes:     []byte(`{"amount":12.5,"lines":[1,{"sku":null}],"urgent":true}`),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyNames:    []string{"kest/whole_document", "kest/other"},
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
