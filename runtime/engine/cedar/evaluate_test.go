package cedar_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

// TestUnknownPolicies: a statement about all actions makes no name a policy, so
// a misspelt one is not allowed by it.
func TestUnknownPolicies(t *testing.T) {
	engine := load(t, map[string]string{"a.cedar": quickStart + "permit(principal, action, resource);"})
	if allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", paymentInput()); !allowed || err != nil {
		t.Errorf("got %t, %v", allowed, err)
	}
	for _, policy := range []string{"kest/allow_trustd", "", "a.cedar#1"} {
		allowed, err := engine.Evaluate(t.Context(), policy, paymentInput())
		checkError(t, err, kest.ErrPolicyUnknown, "no policy's scope names the action")
		if allowed {
			t.Errorf("%q is allowed", policy)
		}
		checkError(t, engine.CheckPolicy(policy), kest.ErrPolicyUnknown)
	}
	checkError(t, engine.CheckPolicy("kest/allow_trustd"), kest.ErrPolicy, `cedar policy "kest/allow_trustd"`, `did you mean "kest/allow_trusted"?`)
}

func TestEnginesThatWereNotLoaded(t *testing.T) {
	var none *cedar.Engine
	for name, engine := range map[string]*cedar.Engine{"nil": none, "zero": new(cedar.Engine)} {
		t.Run(name, func(t *testing.T) {
			allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", paymentInput())
			checkError(t, err, kest.ErrPolicyUnknown)
			if allowed || engine.CheckPolicy("") == nil || engine.PolicyDigest() != "" || len(engine.Policies()) > 0 {
				t.Error("the engine has something")
			}
		})
	}
}

// TestErrorsName: which policy failed, and no value of the call.
func TestErrorsName(t *testing.T) {
	engine := load(t, map[string]string{"pay/a.cedar": `
@id("limit")
forbid(principal, action == Action::"a", resource) when { context.object.attributes.limit > 0 };
permit(principal, action == Action::"a", resource);
permit(principal, action == Action::"a", resource) when { decimal(context.user).lessThan(decimal("1.0")) };
permit(principal, action == Action::"sum", resource) when { context.object.attributes.n + 1 > 0 };
permit(principal, action == Action::"entity", resource) when { resource.owner == "x" };
`})
	for policy, want := range map[string]string{
		"a":      "pay/a.cedar:2:1: the policy pay/a.cedar#limit failed on this call, and 1 more: ",
		"sum":    "pay/a.cedar:6:1: the policy pay/a.cedar#4 failed on this call: ",
		"entity": "pay/a.cedar:7:1: the policy pay/a.cedar#5 failed on this call: ",
	} {
		input := paymentInput()
		input.User, input.ResourceID = "s3cret", "s3cret"
		input.Attributes = []byte(`{"n":9223372036854775807,"s3cret":"s3cret"}`)
		allowed, err := engine.Evaluate(t.Context(), policy, input)
		checkError(t, err, kest.ErrPolicyMalformed, want)
		if allowed || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "922337") {
			t.Errorf("%s: %t, %v", policy, allowed, err)
		}
	}
}

func TestContextEnds(t *testing.T) {
	engine := load(t, map[string]string{"a.cedar": yes})
	cause := errors.New("the caller went home")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for name, ctx := range map[string]context.Context{"before": ctx, "meanwhile": &endsLater{Context: ctx}} {
		t.Run(name, func(t *testing.T) {
			allowed, err := engine.Evaluate(ctx, "yes", paymentInput())
			checkError(t, err, kest.ErrPolicyUnreachable)
			if allowed || !errors.Is(err, cause) {
				t.Errorf("got %t, %v, want %v", allowed, err, cause)
			}
		})
	}
}

// endsLater is a context that has ended when it is asked a second time.
type endsLater struct {
	context.Context
	asked int
}

func (e *endsLater) Err() error {
	e.asked++
	if e.asked == 1 {
		return nil
	}
	return e.Context.Err()
}

// TestHostileSets: Cedar's hash of a set is the sum of its elements' hashes, so
// all of these collide.
func TestHostileSets(t *testing.T) {
	engine := load(t, map[string]string{"a.cedar": `permit(principal, action == Action::"a", resource) when { context.object.attributes has l };` + yes})
	list := func(n int) []byte {
		var b strings.Builder
		for i := range n {
			b.WriteString(",[" + string(rune('0'+i%10)) + "]")
		}
		return []byte(`{"l":[` + strings.TrimPrefix(b.String(), ",") + `]}`)
	}
	input := paymentInput()
	input.Attributes = list(1000)
	if allowed, err := engine.Evaluate(t.Context(), "a", input); !allowed || err != nil {
		t.Errorf("got %t, %v", allowed, err)
	}
	input.Attributes = list(1001)
	_, err := engine.Evaluate(t.Context(), "a", input)
	checkError(t, err, kest.ErrPolicyMalformed, "more than 1000 objects and arrays")

	input.Attributes = []byte(`{"l":"` + strings.Repeat("x", 1<<16) + `"}`)
	_, err = engine.Evaluate(t.Context(), "yes", input)
	checkError(t, err, kest.ErrPolicyMalformed, "the attributes have more than 65536 bytes")
}

// documentedSchema is the one that docs/cedar.md gives to copy.
func documentedSchema(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/cedar.md")
	if err != nil {
		t.Fatal(err)
	}
	_, schema, found := strings.Cut(string(text), "```cedarschema\n")
	schema, _, closed := strings.Cut(schema, "```")
	if !found || !closed {
		t.Fatal("docs/cedar.md has no schema")
	}
	return schema
}

// TestSchemaHoldsCalls: with a schema, a call that does not fit it is an error,
// even if the policy does not look at what is wrong.
func TestSchemaHoldsCalls(t *testing.T) {
	files := map[string]string{
		"shop.cedar": `permit(principal in Group::"finance", action == Action::"shop/refund", resource)
			when { context.object.attributes has amount && context.object.attributes.amount < 2000 };`,
		"shop.cedarschema": documentedSchema(t),
		"entities.json":    `[{"uid":{"type":"Workload","id":"spiffe://kest.internal/local-workload"},"attrs":{},"parents":[{"type":"Group","id":"finance"}]}]`,
	}
	engine := load(t, files)
	for name, test := range map[string]struct {
		attributes string
		fits       bool
		allowed    bool
	}{
		"fits":        {`{"amount":1250,"currency":"EUR"}`, true, true},
		"too much":    {`{"amount":2000,"currency":"EUR"}`, true, false},
		"optional":    {`{}`, true, false},
		"wrong type":  {`{"amount":1250,"currency":978}`, false, false},
		"more":        {`{"amount":1250,"s3cret":"s3cret"}`, false, false},
		"text amount": {`{"amount":"s3cret"}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			input := paymentInput()
			input.Attributes = []byte(test.attributes)
			allowed, err := engine.Evaluate(t.Context(), "shop/refund", input)
			if allowed != test.allowed || (err == nil) != test.fits {
				t.Errorf("got %t, %v", allowed, err)
			}
			if err != nil {
				checkError(t, err, kest.ErrPolicyMalformed, "shop.cedarschema: the call does not fit the schema")
				if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("the error has a value: %v", err)
				}
			}
		})
	}
}

// TestLargeInput: a call may be larger than the buffers that are kept.
func TestLargeInput(t *testing.T) {
	engine, input := load(t, map[string]string{"a.cedar": quickStart}), paymentInput()
	input.User = strings.Repeat("x", 1<<20)
	for range 2 {
		if allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input); !allowed || err != nil {
			t.Errorf("got %t, %v", allowed, err)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	engine := load(t, map[string]string{"a.cedar": quickStart + attributesToo})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			input := paymentInput()
			input.TrustScore = 36 + i
			for range 200 {
				allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input)
				if err != nil || allowed != (input.TrustScore >= 40) {
					t.Errorf("trust %d: %t, %v", input.TrustScore, allowed, err)
				}
				if allowed, err := engine.Evaluate(t.Context(), "kest/bill", input); err != nil || !allowed {
					t.Errorf("bill: %t, %v", allowed, err)
				}
			}
		})
	}
	wait.Wait()
}
