package cedar_test

import (
	"context"
	"fmt"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

// In a program the file system is an embed.FS:
//
//	//go:embed policies
//	var policies embed.FS
func ExampleLoad() {
	policies := fstest.MapFS{
		"shop.cedar": {Data: []byte(`
permit(principal, action == Action::"shop/trusted", resource)
when { context.trust_score >= 40 };

permit(principal in Group::"finance", action == Action::"shop/refund", resource)
when { context.object.attributes has amount && context.object.attributes.amount <= 10000 };

// For both.
forbid(principal, action, resource)
when { context.taints.contains("malware") };
`)},
		"entities.json": {Data: []byte(`[
  {"uid": {"type": "Workload", "id": "spiffe://example.org/till"}, "attrs": {}, "parents": [{"type": "Group", "id": "finance"}]}
]`)},
	}
	engine, err := cedar.Load(policies)
	if err != nil {
		fmt.Println(err)
		return
	}
	input := &kest.PolicyInput{Workload: "spiffe://example.org/till", TrustScore: 60, Attributes: []byte(`{"amount":2500}`)}
	for _, policy := range engine.Policies() {
		allowed, err := engine.Evaluate(context.Background(), policy, input)
		fmt.Println(policy, allowed, err)
	}
	_, err = engine.Evaluate(context.Background(), "shop/trused", input)
	fmt.Println(err)
	// Output:
	// shop/refund true <nil>
	// shop/trusted true <nil>
	// kest: policy engine: unknown policy: cedar policy "shop/trused": no policy's scope names the action: did you mean "shop/trusted"?
}
