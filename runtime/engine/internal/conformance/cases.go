package conformance

import (
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

// The outcomes of an evaluation.
const (
	allow = "allow"
	deny  = "deny"
	fail  = "error"
	// refuse is deny or fail: a server does not tell a package without the rule
	// from a rule that is undefined.
	refuse = "deny or error"
)

var cases = []struct {
	name   string
	policy string
	change func(*kest.PolicyInput) // to Input; nil for none
	want   string
}{
	{"quick start, v0, at the threshold", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 40 }, allow},
	{"quick start, v0, below it", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 39 }, deny},
	{"quick start, v0, no trust", "kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 0 }, deny},

	{"v0 that imports v1", "kest/bill_v0", nil, allow},
	{"v0 that imports v1, attribute too large", "kest/bill_v0", attributes(`{"amount":1000.5}`), deny},
	{"v0 that imports v1, attribute missing", "kest/bill_v0", attributes(`{}`), deny},
	{"v0 that imports v1, forbidden taint", "kest/bill_v0", func(in *kest.PolicyInput) { in.Taints = []string{"secret"} }, deny},
	{"v1 that imports v1", "kest/known_user", nil, allow},
	{"v1 that imports v1, another user", "kest/known_user", func(in *kest.PolicyInput) { in.User = "mallory" }, deny},
	{"v1 that imports v1, no user", "kest/known_user", func(in *kest.PolicyInput) { in.User = "" }, deny},

	{"whole document", "kest/whole_document", nil, allow},
	{"whole document, one member more", "kest/whole_document", attributes(`{"amount":12.5,"extra":0,"lines":[1,{"sku":null}],"urgent":true}`), deny},
	{"whole document, root", "kest/whole_document", func(in *kest.PolicyInput) { in.IsRoot = true }, deny},
	{"unknown is null", "kest/nulls", func(in *kest.PolicyInput) { in.User, in.Agent, in.Task, in.ResourceID = "", "", "", "" }, allow},
	{"known is not null", "kest/nulls", nil, deny},

	{"no deviation is an empty array", "kest/no_deviation", func(in *kest.PolicyInput) { in.Deviations = nil }, allow},
	{"a deviation is seen", "kest/no_deviation", nil, deny},
	{"a deviation has tier and approver", "kest/approved_deviation", nil, allow},
	{"a deviation of another approver", "kest/approved_deviation", func(in *kest.PolicyInput) { in.Deviations[0].Approver = "mallory@example.com" }, deny},

	{"no taints is an empty array", "kest/clean", func(in *kest.PolicyInput) { in.Taints = nil }, allow},
	{"other taints", "kest/clean", nil, allow},
	{"the taint", "kest/clean", func(in *kest.PolicyInput) { in.Taints = []string{"contains_data", "malware"} }, deny},

	{"numbers", "kest/numbers", attributes(`{"beyond":"9007199254740993","large":1e+21,"negative":-1.5,"safe":9007199254740991,"tenth":0.1}`), allow},
	{"numbers, one off in the last place", "kest/numbers", attributes(`{"beyond":"9007199254740993","large":1e+21,"negative":-1.5,"safe":9007199254740990,"tenth":0.1}`), deny},
	{"text with escapes", "kest/text", attributes(`{"ключ \"1\"":"a\nb\\c\u0001😀"}`), allow},

	{"undefined", "kest/undefined", nil, deny},
	{"the string true", "kest/says_yes", nil, fail},
	{"the number 1", "kest/says_one", nil, fail},
	{"null", "kest/says_null", nil, fail},
	{"a set", "kest/says_set", nil, fail},
	{"true and false at once", "kest/conflict", nil, fail},
	{"true alone", "kest/conflict", func(in *kest.PolicyInput) { in.Taints = nil }, allow},
	{"failed function under not", "kest/swallowed_error", nil, fail},
	{"function that does not fail", "kest/swallowed_error", func(in *kest.PolicyInput) { in.ResourceID = "3" }, allow},
	{"division by zero", "kest/divide", attributes(`{"parts":0}`), fail},
	{"division", "kest/divide", attributes(`{"parts":2}`), allow},

	{"unknown policy", "kest/allow_trustd", nil, fail},
	{"package without allow", "kest/lib", nil, refuse},
	{"package of packages", "kest", nil, refuse},
	{"empty name", "", nil, fail},
	{"name that leaves its place", "kest/../kest/allow_trusted", nil, fail},
	{"name with an empty segment", "kest//allow_trusted", nil, fail},
	{"name with dots for slashes", "kest.allow_trusted", nil, fail},
	{"name of the rule", "kest/allow_trusted/allow", nil, fail},

	{"user that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.User = "al\xffice" }, fail},
	{"taint that is not UTF-8", "kest/allow_trusted", func(in *kest.PolicyInput) { in.Taints = []string{"\xff"} }, fail},
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
