package cedar

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// oracle decides with all policies and the whole context, read by Cedar's own
// reader. The engine leaves both out where they cannot matter.
func oracle(e *Engine, all *cedar.PolicySet, policy string, input *kest.PolicyInput) (bool, error) {
	if !slices.Contains(e.names, policy) {
		return false, errors.New("unknown")
	}
	text, err := cedarinput.AppendContext(nil, input)
	if err != nil {
		return false, err
	}
	var context types.Record
	if err := context.UnmarshalJSON(text); err != nil {
		return false, err
	}
	decision, diagnostic := cedar.Authorize(all, e.entities, types.Request{
		Principal: uid(cedarinput.Principal(input)), Action: uid(cedarinput.Action(policy)), Resource: uid(cedarinput.Resource(input)), Context: context,
	})
	if len(diagnostic.Errors) > 0 {
		return false, errors.New(diagnostic.Errors[0].String())
	}
	return bool(decision), nil
}

func policySet(e *Engine) *cedar.PolicySet {
	all := cedar.NewPolicySet()
	for _, p := range e.policies {
		for _, s := range p.statements {
			all.Add(s.id, s.policy)
		}
	}
	return all
}

// FuzzEvaluate: whatever the attributes and the subject are, the engine decides
// as Cedar does with everything before it, and no call panics.
func FuzzEvaluate(f *testing.F) {
	for _, attributes := range []string{
		`{}`, `{"amount":1250}`, `{"amount":"1"}`, `{"price":"12.50"}`, `{"price":"x"}`, `{"role":{"__entity":{"type":"Group","id":"finance"}}}`,
		`{"a":1,"b":[[1,4],[2,3],{"c":[]}]}`, `{"amount":9223372036854775807}`, `{"beyond":"9007199254740993","large":1e18,"negative":-15,"safe":9007199254740991}`,
	} {
		f.Add([]byte(attributes), "alice", "malware", 40)
	}
	engine := MustLoad(cedarconformance.Policies())
	all := policySet(engine)
	f.Fuzz(func(t *testing.T, attributes []byte, user, taint string, trust int) {
		for _, policy := range engine.names {
			input := cedarconformance.Input()
			input.Attributes, input.User, input.ResourceID, input.TrustScore = attributes, user, user, trust
			if taint != "" {
				input.Taints = []string{taint}
			}
			allowed, err := engine.Evaluate(t.Context(), policy, input)
			want, wantErr := oracle(engine, all, policy, input)
			if allowed != want || (err == nil) != (wantErr == nil) && !errors.Is(err, errComposite) && !errors.Is(err, errAttributes) {
				t.Fatalf("%s: got %t, %v, want %t, %v", policy, allowed, err, want, wantErr)
			}
			if err != nil && (allowed || !errors.Is(err, kest.ErrPolicyMalformed) || strings.Contains(err.Error(), "panicked")) {
				t.Fatalf("%s: %t, %v", policy, allowed, err)
			}
		}
	})
}

// TestNeeds: which members of the context a condition reads. One too few would
// make a policy decide about another call.
func TestNeeds(t *testing.T) {
	for condition, want := range map[string]string{
		`true`:                       "",
		`context.trust_score >= 40`:  "trust_score",
		`context["trust_score"] > 1`: "trust_score",
		`context has user && context.object.id == context.user`: "object user",
		`context has object.attributes.amount`:                  "object",
		`context.object has id`:                                 "object",
		`context has "user"`:                                    "user",
		`context == {}`:                                         "all",
		`{"context": context}.context.user == "a"`:              "all",
		`[context].contains({})`:                                "all",
		`(if true then context else {}).user == "a"`:            "all",
		`{"left": 1, "attr": 2, "Var": "context"} has a`:        "",
		`principal.context == resource.context`:                 "",
		`context.user like "a*" || decimal(context.task).lessThan(decimal(context.agent))`: "agent task user",
		`context.taints.containsAny([context.source_type])`:                                "source_type taints",
		`!(-context.trust_score > 0)`:                                                      "trust_score",
		`principal in context.object.group`:                                                "object",
		`principal is Workload in context.user`:                                            "user",
	} {
		list, problems := parsePolicies(&file{path: "a.cedar", text: []byte(`permit(principal, action, resource) when { true } unless { ` + condition + ` };`)})
		if len(problems) > 0 {
			t.Errorf("%s: %v", condition, problems)
			continue
		}
		got := strings.Join(slices.Sorted(maps.Keys(list[0].needs.members)), " ")
		if list[0].needs.all {
			got = "all"
		}
		if got != want {
			t.Errorf("%s needs %q, want %q", condition, got, want)
		}
	}
}

// TestPanicsAreErrors: an input and policies that Load would never have made.
func TestPanicsAreErrors(t *testing.T) {
	e := &Engine{policies: map[string]*policy{"a": {statements: statements{{id: "a"}}}}, names: []string{"a"}}
	allowed, err := e.Evaluate(t.Context(), "a", cedarconformance.Input())
	var runtimeError runtime.Error
	if allowed || !errors.Is(err, kest.ErrPolicyMalformed) || !errors.As(err, &runtimeError) {
		t.Errorf("got %t, %v", allowed, err)
	}
	if got := panicked("s3cret").Error(); got != "the evaluation panicked" {
		t.Errorf("got %q", got)
	}
}

// TestOversized: what is counted is at least what cedar-go would nest.
func TestOversized(t *testing.T) {
	many := strings.Repeat("!", maxTokens)
	for text, want := range map[string]int{
		many:                               -1,
		many + ";" + many:                  -1,
		many + "!":                         0,
		"a; " + many + "!":                 3,
		many + `";"!`:                      0,
		many + `";`:                        0,
		many + "// ; \" \n!":               0,
		many + "/* ; \" */!":               0,
		many + "// !":                      -1,
		many + "/* !":                      -1,
		`"\";` + many + `!"`:               -1,
		`"\\"` + many:                      0,
		`"" // " ;` + "\n" + many:          0,
		"a" + strings.Repeat(".b", 128):    -1,
		"a" + strings.Repeat(" .\nb", 129): 0,
		strings.Repeat("a.b.c, ", 100):     -1,
	} {
		offset, limit := oversized(text)
		if (limit != "") != (want >= 0) || limit != "" && offset != want {
			t.Errorf("%.20q … %.20q: got %d, %q, want %d", text, text[max(0, len(text)-20):], offset, limit, want)
		}
	}
}
