package router_test

import (
	"context"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/engine/router"
	"github.com/kestgo/kest/runtime/kesttest"
)

// Cedar beside Rego, and a server for the enterprise tier. In a program these
// are engines of runtime/engine/rego, cedar and opa.
func ExampleConfig() {
	regoEngine, cedarEngine, opaSidecar := kesttest.Allow(), kesttest.Allow(), kesttest.Deny()
	engine, err := router.New(router.Config{
		Default:  regoEngine,
		Tiers:    map[kest.Tier]kest.Engine{kest.TierEnterprise: opaSidecar},
		Prefixes: map[string]kest.Engine{"cedar": cedarEngine},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(engine.CheckPolicy("cedar:App::view"))
	// Output: <nil>
}

// The enterprise tier has policies of its own, and so has what is written with
// the prefix legacy.
func ExampleNew() {
	policies := func(source string) kest.Engine {
		engine, err := rego.New(map[string]string{"policy.rego": source})
		if err != nil {
			panic(err)
		}
		return engine
	}
	engine, err := router.New(router.Config{
		Default: policies("package shop.allow\n\nallow if input.trust_score >= 40\n"),
		Tiers: map[kest.Tier]kest.Engine{
			kest.TierEnterprise: policies("package shop.allow\n\nallow if input.subject.user != null\n"),
		},
		Prefixes: map[string]kest.Engine{
			"legacy": policies("package shop.allow\n\nallow { input.environment.is_root }\n"),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ask := func(tier kest.Tier, policy string) {
		input := &kest.PolicyInput{TrustScore: 60, PolicyTier: tier, Attributes: []byte("{}")}
		allowed, err := engine.Evaluate(context.Background(), policy, input)
		fmt.Println(tier, policy, allowed, err)
	}
	ask(kest.TierFunction, "shop/allow")
	ask(kest.TierEnterprise, "shop/allow")
	ask(kest.TierFunction, "legacy:shop/allow")
	ask(kest.TierFunction, "legcay:shop/allow")
	// Output:
	// function shop/allow true <nil>
	// enterprise shop/allow false <nil>
	// function legacy:shop/allow false <nil>
	// function legcay:shop/allow false kest: policy engine: unknown policy: router policy "legcay:shop/allow": no engine is registered for the prefix "legcay": did you mean "legacy"?
}
