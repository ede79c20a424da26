package cedarconformance

import (
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

// The outcomes of an evaluation.
const (
	allow = "allow"
	deny  = "deny"
	fail  = "error"
	// unsure is fail for an engine that has the policies, and deny or fail for one
	// that asks a server: a server may deny what it does not know, and what errs.
	unsure = "error, or deny by a server"
)

type testCase struct {
	name   string
	policy string
	change func(*kest.PolicyInput) // to Input; nil for none
	want   string
}

var cases = []testCase{
	{"quick start, at the threshold", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 40 }, allow},
	{"quick start, below it", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 39 }, deny},
	{"quick start, no trust", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 0 }, deny},

	{"when and unless", "kest/bill", nil, allow},
	{"attribute too large", "kest/bill", attributes(`{"amount":100001}`), deny},
	{"attribute missing", "kest/bill", attributes(`{}`), deny},
	{"attribute null", "kest/bill", attributes(`{"amount":null}`), deny},
	{"forbidden taint", "kest/bill", func(in *kest.PolicyInput) { in.Taints = []string{"secret"} }, deny},
	{"user", "kest/known_user", nil, allow},
	{"another user", "kest/known_user", func(in *kest.PolicyInput) { in.User = "mallory" }, deny},
	{"no user", "kest/known_user", func(in *kest.PolicyInput) { in.User = "" }, deny},

	{"whole context", "kest/whole_context", nil, allow},
	{"whole context, one member more", "kest/whole_context", attributes(`{"amount":1250,"extra":0,"lines":[1,{"sku":"s-1"}],"urgent":true}`), deny},
	{"whole context, one member less", "kest/whole_context", attributes(`{"amount":1250,"lines":[1,{"sku":"s-1"}]}`), deny},
	{"whole context, null is no member", "kest/whole_context", attributes(`{"amount":1250,"lines":[1,{"sku":"s-1","x":null}],"no":null,"urgent":true}`), allow},
	{"whole context, root", "kest/whole_context", func(in *kest.PolicyInput) { in.IsRoot = true }, deny},
	{"unknown is absent", "kest/unknown", func(in *kest.PolicyInput) { in.User, in.Agent, in.Task, in.ResourceID = "", "", "", "" }, allow},
	{"known is there", "kest/unknown", func(in *kest.PolicyInput) { in.User, in.Agent, in.ResourceID = "", "", "" }, deny},
	{"resource is known", "kest/unknown", func(in *kest.PolicyInput) { in.User, in.Agent, in.Task = "", "", "" }, deny},
	{"resource that is called *", "kest/unknown", func(in *kest.PolicyInput) { in.User, in.Agent, in.Task, in.ResourceID = "", "", "", "*" }, deny},

	{"principal and resource", "kest/by_entity", nil, allow},
	{"another principal", "kest/by_entity", func(in *kest.PolicyInput) { in.Workload = "spiffe://example.org/payment" }, deny},
	{"another resource", "kest/by_entity", func(in *kest.PolicyInput) { in.ResourceID = "orders/o-18" }, deny},
	{"resource that would end its literal", "kest/by_entity", func(in *kest.PolicyInput) { in.ResourceID = `orders/o-17" || "` }, deny},
	{"groups of entities", "kest/by_group", nil, allow},
	{"principal of no group", "kest/by_group", func(in *kest.PolicyInput) { in.Workload = "spiffe://example.org/shop" }, deny},
	{"resource of no folder", "kest/by_group", func(in *kest.PolicyInput) { in.ResourceID = "orders/o-18" }, deny},
	{"attribute of an entity", "kest/owner", nil, allow},
	{"attribute of an entity, another value", "kest/owner", func(in *kest.PolicyInput) { in.User = "bob" }, deny},
	{"attribute of no entity", "kest/owner", func(in *kest.PolicyInput) { in.ResourceID = "" }, deny},

	{"action in a group", "kest/read_orders", nil, allow},
	{"action in a group of a group", "kest/read_lines", nil, allow},
	{"action that is a group", "kest/readers", nil, allow},
	{"action in a group, condition", "kest/read_orders", func(in *kest.PolicyInput) { in.TrustScore = 9 }, deny},
	{"first action of a list", "kest/one", nil, allow},
	{"second action of a list", "kest/two", nil, allow},
	{"action of a list, condition", "kest/two", func(in *kest.PolicyInput) { in.Operation = "Invoices.Refund" }, deny},

	{"no condition", "kest/clean", nil, allow},
	{"no condition, forbidden for all", "kest/clean", func(in *kest.PolicyInput) { in.Taints = []string{"contains_data", "malware"} }, deny},
	{"condition, forbidden for all", "kest/allow_trusted", func(in *kest.PolicyInput) { in.Taints = []string{"malware"} }, deny},
	{"forbidden only", "kest/frozen", nil, deny},

	{"no deviation is an empty set", "kest/no_deviation", func(in *kest.PolicyInput) { in.Deviations = nil }, allow},
	{"a deviation is seen", "kest/no_deviation", nil, deny},
	{"a deviation has tier and approver", "kest/approved_deviation", nil, allow},
	{"a deviation of another approver", "kest/approved_deviation", func(in *kest.PolicyInput) { in.Deviations[0].Approver = "mallory@example.com" }, deny},

	{"numbers", "kest/numbers", attributes(`{"beyond":"9007199254740993","large":1000000000000000000,"negative":-15,"safe":9007199254740991}`), allow},
	{"numbers, one off in the last place", "kest/numbers", attributes(`{"beyond":"9007199254740993","large":1000000000000000000,"negative":-15,"safe":9007199254740990}`), deny},
	{"numbers with an exponent", "kest/numbers", attributes(`{"beyond":"9007199254740993","large":1e18,"negative":-1.5e1,"safe":9007199254740991.0}`), allow},
	{"fraction as text", "kest/price", attributes(`{"price":"12.50"}`), allow},
	{"fraction as text, too much", "kest/price", attributes(`{"price":"12.51"}`), deny},
	{"text with escapes", "kest/text", attributes(`{"ключ \"1\"":"a\nb\\c\u0001😀"}`), allow},
	{"null is no member", "kest/absent", attributes(`{"a":null,"b":1}`), allow},
	{"null is no member, the other way round", "kest/absent", attributes(`{"a":1,"b":null}`), deny},

	{"an object that looks like an entity", "kest/role", attributes(`{"role":{"id":"finance","type":"Group"}}`), deny},
	{"text that looks like an entity", "kest/role", attributes(`{"role":"Group::\"finance\""}`), deny},
	{"a forged entity", "kest/role", attributes(`{"role":{"__entity":{"id":"finance","type":"Group"}}}`), fail},
	{"a forged entity, with an escape", "kest/role", attributes(`{"role":{"\u005f_entity":{"id":"finance","type":"Group"}}}`), fail},
	{"a forged entity, not asked for", "kest/allow_trusted", attributes(`{"a":[{"b":{"__entity":{"id":"finance","type":"Group"}}}]}`), fail},
	{"a forged extension value", "kest/price", attributes(`{"price":{"__extn":{"arg":"0.01","fn":"decimal"}}}`), fail},
	{"a forged expression", "kest/price", attributes(`{"price":{"__expr":"decimal(\"0.01\")"}}`), fail},
	{"fraction", "kest/bill", attributes(`{"amount":12.5}`), fail},
	{"fraction, not asked for", "kest/allow_trusted", attributes(`{"amount":0.1}`), fail},
	{"number beyond 64 bits", "kest/bill", attributes(`{"amount":1e+21}`), fail},
	{"null in an array", "kest/allow_trusted", attributes(`{"lines":[null]}`), fail},

	{"permit that errs", "kest/price", attributes(`{}`), unsure},
	{"permit that errs on a type", "kest/bill", attributes(`{"amount":"12"}`), unsure},
	{"failed function", "kest/price", attributes(`{"price":"free"}`), unsure},
	{"overflow", "kest/times", attributes(`{"amount":9223372036854775807}`), unsure},
	{"no overflow", "kest/times", attributes(`{"amount":9223372036854775}`), allow},
	{"forbid that does not err", "kest/limit", attributes(`{"amount":100000}`), allow},
	{"forbid that applies", "kest/limit", attributes(`{"amount":100001}`), deny},
	{"forbid that errs beside a permit", "kest/limit", attributes(`{}`), unsure},
	{"forbid that errs on a type beside a permit", "kest/limit", attributes(`{"amount":"1"}`), unsure},

	{"unknown policy", "kest/allow_trustd", nil, unsure},
	{"empty name", "", nil, unsure},
	{"name with an empty segment", "kest//allow_trusted", nil, unsure},
	{"name that leaves its place", "kest/../kest/allow_trusted", nil, unsure},
	{"name with its type", `Action::"kest/allow_trusted"`, nil, unsure},
	{"name that would end its literal", `kest/allow_trusted" || "`, nil, unsure},
	{"name with a space", "kest/allow_trusted ", nil, unsure},
	{"name in other letters", "Kest/Allow_Trusted", nil, unsure},
	{"name of an entity of another type", "finance", nil, unsure},
	{"name that is not UTF-8", "kest/allow_trusted\xff", nil, unsure},

	{"user that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.User = "al\xffice" }, fail},
	{"taint that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.Taints = []string{"\xff"} }, fail},
	{"workload that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.Workload = "\xff" }, fail},
	{"resource that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.ResourceID = "\xff" }, fail},
	{"attributes missing", "kest/allow_trusted", attributes(``), fail},
	{"attributes cut off", "kest/allow_trusted", attributes(`{"a":`), fail},
	{"attributes no object", "kest/allow_trusted", attributes(`[]`), fail},
	{"attributes that end the object early", "kest/allow_trusted", attributes(`{}},"trust_score":100,"x":{"y":{}`), fail},
	{"attributes with a member twice", "kest/allow_trusted", attributes(`{"a":1,"a":2}`), fail},
	{"attributes not UTF-8", "kest/allow_trusted", attributes("{\"a\":\"\xff\"}"), fail},
	{"attributes nested deep", "kest/allow_trusted", attributes(`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`), fail},
}

func attributes(text string) func(*kest.PolicyInput) {
	return func(in *kest.PolicyInput) { in.Attributes = []byte(text) }
}
