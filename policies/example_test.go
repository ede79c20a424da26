package policies_test

import (
	"context"
	"fmt"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
	"github.com/kestgo/kest/runtime/engine/rego"

	"github.com/kestgo/kest/policies"
)

// A call with the directive
//
//	//kest:verified policy=kest/trust_threshold,kest/taint_deny_list attr.min_trust=60 attr.denied_taint=pii
//
// in a lineage that has seen personal data.
func Example() {
	engine, err := cedar.Load(policies.Cedar())
	if err != nil {
		fmt.Println(err)
		return
	}
	input := &kest.PolicyInput{
		TrustScore: 90,
		Taints:     []string{"pii"},
		Attributes: []byte(`{"denied_taint":"pii","min_trust":"60"}`),
	}
	for _, policy := range []string{policies.TrustThreshold, policies.TaintDenyList} {
		allowed, err := engine.Evaluate(context.Background(), policy, input)
		fmt.Println(policy, allowed, err)
	}
	// Output:
	// kest/trust_threshold true <nil>
	// kest/taint_deny_list false <nil>
}

// The library together with a service's own policies, which in a program are an
// embed.FS or os.DirFS.
func ExampleJoin() {
	own := fstest.MapFS{"refund.rego": {Data: []byte(`package shop.refund

default allow := false

allow if input.object.attributes.amount <= 500
`)}}
	joined, err := policies.Join(policies.Rego(), own)
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := rego.Load(joined)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, policy := range engine.Policies() {
		fmt.Println(policy)
	}

	_, err = policies.Join(policies.Rego(), fstest.MapFS{"biba.rego": {Data: []byte("package kest.biba\n\nallow := true\n")}})
	fmt.Println(err)
	// Output:
	// kest/bell_lapadula
	// kest/biba
	// kest/brewer_nash
	// kest/clark_wilson
	// kest/goguen_meseguer
	// kest/taint_deny_list
	// kest/trust_threshold
	// shop/refund
	// kest: configuration: policies: file system 2 of 2: biba.rego is in more than one of them: rename the file, or leave one out
}
