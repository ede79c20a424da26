package cedaragent_test

import (
	"fmt"
	"testing"

	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

// conditions are expressions on which Cedar 2.4 in Rust and cedar-go have to
// agree, or a policy would mean one thing in a sidecar and another in process.
// What only one of them can read is not here; docs/cedaragent.md lists it.
var conditions = []string{
	// Long, which does not overflow.
	`1 + 1 == 2`, `2 - 1 - 1 == 0`, `2 * 3 * 4 == 24`, `----1 == 1`, `1 != 2`,
	`9223372036854775807 + 1 > 0`, `-9223372036854775808 - 1 < 0`, `-(-9223372036854775808) > 0`,
	`2 * context.object.attributes.amount == 2500`, `context.object.attributes.amount * context.object.attributes.amount > 0`,
	// Types, which are not converted.
	`1 == "1"`, `1 < "2"`, `"a" < "b"`, `1`, `"true"`, `!1`, `!!true`, `true && 1`, `false && 1`, `true || 1`, `1 || true`,
	`if 1 then true else false`, `if true then true else 1`, `context.object.attributes.urgent`,
	// Records and attributes.
	`context has user && context["user"] == "alice"`, `context.nope`, `context has nope`, `context["if"] == 1`, `context == context`,
	`{"a":1} == {"a":1}`, `{a: 1}.a == 1`, `{"a b":1}["a b"] == 1`, `{"a":1} == {"a":1,"b":2}`,
	`resource.owner == "alice"`, `Resource::"nope".owner == "alice"`, `Resource::"nope" has owner`,
	// Sets.
	`[1,2,2] == [2,1]`, `[] == []`, `[1,2].contains(1)`, `[1,2].containsAll([1])`, `[1,2].containsAny([3])`, `[1,"a"].contains("a")`,
	`[1,[2]].contains([2])`, `context.object.attributes.lines.contains({"sku":"s-1"})`, `context.subject.taints == ["requires_review","contains_data"]`,
	// Text.
	`"abc" like "a*"`, `"a*c" like "a\*c"`, `"abc" like "a\*c"`, `"a😀c" like "a*c"`, `"" like "*"`, `"a\u{41}" == "aA"`, `"a\x41" == "aA"`, `"\0" == "\u{0}"`,
	// Entities and groups.
	`principal == Workload::"spiffe://example.org/payments"`, `principal == User::"spiffe://example.org/payments"`,
	`principal in [Group::"finance"]`, `principal in Group::"nope"`, `principal in 1`, `1 in [principal]`,
	// Extensions.
	`decimal("1.0") == decimal("1.00")`, `decimal("12.50").lessThan(decimal("12.51"))`, `decimal("-0.0") == decimal("0.0")`,
	`decimal("1.23456") == decimal("1.2")`, `decimal("1") == decimal("1.0")`, `decimal("922337203685477.5808") == decimal("0.0")`,
	`ip("127.0.0.1").isLoopback()`, `ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))`, `ip("::ffff:127.0.0.1").isLoopback()`,
	`ip("10.0.0.1/32") == ip("10.0.0.1")`, `ip("010.0.0.1") == ip("10.0.0.1")`, `ip("::1%eth0").isLoopback()`,
}

func TestAgentAgreesWithCedarGo(t *testing.T) {
	var statements []cedarconformance.Statement
	for i, condition := range conditions {
		statements = append(statements, cedarconformance.Statement{
			ID:   fmt.Sprint("p", i),
			Text: fmt.Sprintf(`permit(principal, action == Action::"x%d", resource) when { %s };`, i, condition),
		})
	}
	entities := cedarconformance.Entities()
	agent := newEngine(t, cedaragent.Config{URL: newAgent(t, writeFiles(t, statements, entities))})
	double := newEngine(t, cedaragent.Config{URL: startDouble(t, statements, entities)})
	outcomes := map[string]int{}
	for i, condition := range conditions {
		outcome := func(engine *cedaragent.Engine) string {
			allowed, err := engine.Evaluate(t.Context(), fmt.Sprint("x", i), cedarconformance.Input())
			return fmt.Sprintf("allowed %t, failed %t", allowed, err != nil)
		}
		rust, golang := outcome(agent), outcome(double)
		if rust != golang {
			t.Errorf("%s: cedar-agent: %s; cedar-go: %s", condition, rust, golang)
		}
		outcomes[rust]++
	}
	// An agent without policies denies everything, and agrees with nothing.
	if len(outcomes) != 3 {
		t.Errorf("outcomes %v, want some of each", outcomes)
	}
}
