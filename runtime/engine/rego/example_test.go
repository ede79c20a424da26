package rego_test

import (
	"context"
	"fmt"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// In a program the file system is an embed.FS:
//
//	//go:embed policies/*.rego
//	var policies embed.FS
func ExampleLoad() {
	policies := fstest.MapFS{
		"trusted.rego": {Data: []byte(`package shop.trusted

default allow := false

allow if input.trust_score >= 40
`)},
		"legacy.rego": {Data: []byte(`package shop.legacy

allow { input.subject.user == "alice" }
`)},
	}
	engine, err := rego.Load(policies)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(engine.Policies())

	input := &kest.PolicyInput{TrustScore: 60, User: "bob", Attributes: []byte("{}")}
	for _, policy := range engine.Policies() {
		allowed, err := engine.Evaluate(context.Background(), policy, input)
		fmt.Println(policy, allowed, err)
	}
	_, err = engine.Evaluate(context.Background(), "shop/trused", input)
	fmt.Println(err)
	// Output:
	// [shop/legacy shop/trusted]
	// shop/legacy false <nil>
	// shop/trusted true <nil>
	// kest: policy engine: rego policy "shop/trused": unknown, no package of that path has a rule allow: did you mean "shop/trusted"?
}
