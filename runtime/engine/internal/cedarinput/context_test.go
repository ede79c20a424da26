package cedarinput_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/google/go-cmp/cmp"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

func fullInput() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload:       "spiffe://example.org/payments",
		User:           "alice",
		Agent:          "assistant",
		Task:           "refund",
		TrustScore:     63,
		Taints:         []string{"contains_data", "requires_review"},
		ResourceID:     "orders/o-17",
		Attributes:     []byte(`{"amount":1250,"lines":[1,{"sku":null}],"urgent":true}`),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyNames:    []string{"kest/a", "kest/b"},
		PolicyTier:     kest.TierPlatform,
		Operation:      "Orders.Refund",
		Classification: "critic",
		Deviations:     []kest.Deviation{{Policy: "kest/four_eyes", Tier: kest.TierEnterprise, Reason: "until June", Approver: "ciso@example.org"}, {Policy: "b"}},
	}
}

func TestContext(t *testing.T) {
	for name, test := range map[string]struct {
		input *kest.PolicyInput
		want  string
	}{
		"all known": {fullInput(), `{
			"agent":"assistant",
			"environment":{
				"active_deviations":[{"approver":"ciso@example.org","policy":"kest/four_eyes","reason":"until June","tier":"enterprise"},{"approver":"","policy":"b","reason":"","tier":""}],
				"classification":"critic","is_root":false,"operation":"Orders.Refund",
				"parent_hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
				"policy_names":["kest/a","kest/b"],"policy_tier":"platform","source_type":"internal"},
			"identity":"spiffe://example.org/payments",
			"is_root":false,
			"object":{"attributes":{"amount":1250,"lines":[1,{}],"urgent":true},"id":"orders/o-17"},
			"source_type":"internal",
			"subject":{"agent":"assistant","taints":["contains_data","requires_review"],"task":"refund","trust_score":63,"user":"alice","workload":"spiffe://example.org/payments"},
			"taints":["contains_data","requires_review"],
			"task":"refund",
			"trust_score":63,
			"user":"alice"}`},
		"nothing known": {&kest.PolicyInput{Attributes: []byte("{}"), ParentHash: "0", IsRoot: true}, `{
			"environment":{"active_deviations":[],"classification":"","is_root":true,"operation":"","parent_hash":"0","policy_names":[],"policy_tier":"","source_type":""},
			"identity":"",
			"is_root":true,
			"object":{"attributes":{}},
			"source_type":"",
			"subject":{"taints":[],"trust_score":0,"workload":""},
			"taints":[],
			"trust_score":0}`},
	} {
		t.Run(name, func(t *testing.T) {
			var want bytes.Buffer
			if err := json.Compact(&want, []byte(test.want)); err != nil {
				t.Fatal(err)
			}
			got, err := cedarinput.AppendContext([]byte("context="), test.input)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("context="+want.String(), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestContextHasTheDocument: apart from the flat members and null, the context
// says what the document says that other engines get.
func TestContextHasTheDocument(t *testing.T) {
	for _, input := range []*kest.PolicyInput{fullInput(), {Attributes: []byte("{}")}} {
		var document, context map[string]any
		text, err := input.AppendJSON(nil)
		if err == nil {
			err = json.Unmarshal(text, &document)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err = cedarinput.AppendContext(nil, input)
		if err == nil {
			err = json.Unmarshal(text, &context)
		}
		if err != nil {
			t.Fatal(err)
		}
		withoutNull(document)
		for flat, value := range map[string]any{
			"agent": document["subject"].(map[string]any)["agent"], "user": document["subject"].(map[string]any)["user"],
			"task": document["subject"].(map[string]any)["task"], "taints": document["subject"].(map[string]any)["taints"],
			"source_type": document["environment"].(map[string]any)["source_type"], "is_root": document["environment"].(map[string]any)["is_root"],
		} {
			if diff := cmp.Diff(value, context[flat]); diff != "" {
				t.Errorf("%s: -document +context:\n%s", flat, diff)
			}
			delete(context, flat)
		}
		if diff := cmp.Diff(document, context); diff != "" {
			t.Errorf("-document +context:\n%s", diff)
		}
	}
}

func withoutNull(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member == nil {
				delete(v, name)
			}
			withoutNull(member)
		}
	case []any:
		for _, element := range v {
			withoutNull(element)
		}
	}
}

func TestContextRefuses(t *testing.T) {
	const secret = "s3cret\xff"
	for field, change := range map[string]func(*kest.PolicyInput){
		"workload id":          func(in *kest.PolicyInput) { in.Workload = secret },
		"user":                 func(in *kest.PolicyInput) { in.User = secret },
		"agent":                func(in *kest.PolicyInput) { in.Agent = secret },
		"task":                 func(in *kest.PolicyInput) { in.Task = secret },
		"taints":               func(in *kest.PolicyInput) { in.Taints = []string{"a", secret} },
		"id":                   func(in *kest.PolicyInput) { in.ResourceID = secret },
		"source type":          func(in *kest.PolicyInput) { in.SourceType = secret },
		"parent hash":          func(in *kest.PolicyInput) { in.ParentHash = secret },
		"policy names":         func(in *kest.PolicyInput) { in.PolicyNames = []string{secret} },
		"policy tier":          func(in *kest.PolicyInput) { in.PolicyTier = secret },
		"operation":            func(in *kest.PolicyInput) { in.Operation = secret },
		"classification":       func(in *kest.PolicyInput) { in.Classification = secret },
		"deviation's approver": func(in *kest.PolicyInput) { in.Deviations[0].Approver = secret },
		"deviation's policy":   func(in *kest.PolicyInput) { in.Deviations[0].Policy = secret },
		"deviation's reason":   func(in *kest.PolicyInput) { in.Deviations[0].Reason = secret },
		"deviation's tier":     func(in *kest.PolicyInput) { in.Deviations[0].Tier = secret },
		"attributes":           func(in *kest.PolicyInput) { in.Attributes = []byte(`{"a":"` + secret + `"}`) },
	} {
		t.Run(field, func(t *testing.T) {
			input := fullInput()
			change(input)
			got, err := cedarinput.AppendContext([]byte("kept"), input)
			if err == nil || string(got) != "kept" {
				t.Fatalf("got %q, %v", got, err)
			}
			if !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error must name %s and no value: %v", field, err)
			}
		})
	}
	if _, err := cedarinput.AppendContext(nil, nil); err == nil {
		t.Error("no error without an input")
	}
}

func TestEntities(t *testing.T) {
	input := fullInput()
	for _, test := range []struct {
		got  cedarinput.Entity
		want string
	}{
		{cedarinput.Principal(input), `Workload::"spiffe://example.org/payments"`},
		{cedarinput.Action("kest/allow_trusted"), `Action::"kest/allow_trusted"`},
		{cedarinput.Resource(input), `Resource::"orders/o-17"`},
		{cedarinput.Resource(&kest.PolicyInput{}), `Resource::"*"`},
		{cedarinput.Principal(nil), `Workload::""`},
		{cedarinput.Resource(nil), `Resource::"*"`},
		{cedarinput.Resource(&kest.PolicyInput{ResourceID: "a\" || \\ 'ключ'\n\x00\u2028😀"}), `Resource::"a\" || \\ \'ключ\'\n\0\u{2028}😀"`},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// FuzzEntity: no id ends its literal early.
func FuzzEntity(f *testing.F) {
	for _, seed := range []string{"", "*", `a"`, `\`, "\n", "\x00", "a\u0301", "😀", `") || true || ("`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if strings.ToValidUTF8(id, "") != id {
			return // AppendContext refuses it
		}
		var uid types.EntityUID
		if err := uid.UnmarshalCedar([]byte(cedarinput.Resource(&kest.PolicyInput{ResourceID: id}).String())); err != nil {
			t.Fatal(err)
		}
		if want := cedarinput.Resource(&kest.PolicyInput{ResourceID: id}); string(uid.ID) != want.ID || string(uid.Type) != want.Type {
			t.Errorf("%q is read as %q", id, uid.ID)
		}
	})
}

func TestContextAllocatesLittle(t *testing.T) {
	input, buffer := fullInput(), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := cedarinput.AppendContext(buffer, input); err != nil {
			t.Error(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations, want two at most: those that reading attributes takes", n)
	}
}
