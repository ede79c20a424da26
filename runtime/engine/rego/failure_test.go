package rego_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestFailures: each error says in which of the three ways the engine could not
// decide.
func TestFailures(t *testing.T) {
	conformed := load(t)
	endless, err := rego.New(map[string]string{"slow.rego": endless}, rego.WithTimeout(10*time.Millisecond))
	must(t, err)
	attributes := func(text string) func(*kest.PolicyInput) {
		return func(in *kest.PolicyInput) { in.Attributes = []byte(text) }
	}
	for name, test := range map[string]struct {
		engine *rego.Engine
		policy string
		change func(*kest.PolicyInput)
		want   error
		cause  error
	}{
		"unknown":           {engine: conformed, policy: "kest/unknown", want: kest.ErrPolicyUnknown},
		"no name":           {engine: conformed, policy: "", want: kest.ErrPolicyUnknown},
		"no engine":         {engine: nil, policy: "kest/allow_trusted", want: kest.ErrPolicyUnknown},
		"engine of no use":  {engine: new(rego.Engine), policy: "kest/allow_trusted", want: kest.ErrPolicyUnknown},
		"too slow":          {engine: endless, policy: "slow", want: kest.ErrPolicyUnreachable, cause: context.DeadlineExceeded},
		"no boolean":        {engine: conformed, policy: "kest/says_yes", want: kest.ErrPolicyMalformed},
		"conflict":          {engine: conformed, policy: "kest/conflict", want: kest.ErrPolicyMalformed},
		"failed function":   {engine: conformed, policy: "kest/divide", change: attributes(`{"parts":0}`), want: kest.ErrPolicyMalformed},
		"attributes no use": {engine: conformed, policy: "kest/allow_trusted", change: attributes(`{`), want: kest.ErrPolicyMalformed},
		"text no use":       {engine: conformed, policy: "kest/allow_trusted", change: func(in *kest.PolicyInput) { in.User = "\xff" }, want: kest.ErrPolicyMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			input := conformance.Input()
			if test.change != nil {
				test.change(input)
			}
			allowed, err := test.engine.Evaluate(t.Context(), test.policy, input)
			checkFailure(t, allowed, err, test.policy, test.want)
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("error %v does not match %v", err, test.cause)
			}
		})
	}
	allowed, err := conformed.Evaluate(t.Context(), "kest/allow_trusted", nil)
	checkFailure(t, allowed, err, "kest/allow_trusted", kest.ErrPolicyMalformed)
	if (*rego.Engine)(nil).Policies() != nil {
		t.Error("no engine has policies")
	}
}

// endless is a policy that would take hours.
const endless = `package slow

allow if {
	some a in numbers.range(1, 10000)
	some b in numbers.range(1, 10000)
	some c in numbers.range(1, 10000)
	a * b * c == -1
}
`

func checkFailure(t *testing.T, allowed bool, err error, policy string, want error) {
	t.Helper()
	var failure *kest.PolicyError
	if allowed || !errors.As(err, &failure) {
		t.Fatalf("got %t, %v, want a *kest.PolicyError", allowed, err)
	}
	if failure.Engine != "rego" || failure.Policy != policy || !errors.Is(failure.Failure, want) || !errors.Is(err, kest.ErrPolicy) {
		t.Errorf("got %#v, want %v of rego for %q", failure, want, policy)
	}
	for _, other := range []error{kest.ErrPolicyUnreachable, kest.ErrPolicyMalformed, kest.ErrPolicyUnknown} {
		if other != want && errors.Is(err, other) {
			t.Errorf("error %v matches %v, too", err, other)
		}
	}
}

// TestNFSECErrorsHaveNoValues: what a call is about stays out of errors, and so out
// of logs.
func TestNFSECErrorsHaveNoValues(t *testing.T) {
	const secret = "s3cr3t"
	for _, expr := range []string{
		`to_number(input.subject.user) > 1`, `time.parse_rfc3339_ns(input.subject.user) > 1`, `json.unmarshal(input.subject.user).a`,
		`regex.match(concat("", ["(", input.subject.user]), "x")`, `base64.decode(input.subject.user) == "!"`, `units.parse(input.subject.user) > 1`,
		`object.get({}, input.subject.user, 1) / 0 > 1`, `crypto.x509.parse_certificates(input.subject.user)[0]`,
		`{input.subject.user: i | i := [1, 2][_]} == {}`, `net.cidr_contains(input.subject.user, input.subject.user)`, `count(input.trust_score) > 1`,
	} {
		engine, err := rego.New(map[string]string{"a.rego": "package a\n\nallow if " + expr + "\n\nvalue := input.subject.user\n"})
		must(t, err)
		for _, change := range []func(*kest.PolicyInput){
			func(in *kest.PolicyInput) { in.User = secret + ".!\x01" },
			func(in *kest.PolicyInput) { in.User = secret + "\xff" },
			func(in *kest.PolicyInput) { in.Attributes = []byte(`{"` + secret + `":"` + secret) },
			func(in *kest.PolicyInput) { in.Attributes = []byte(`{"` + secret + `":1,"` + secret + `":1}`) },
		} {
			input := conformance.Input()
			change(input)
			allowed, err := engine.Evaluate(t.Context(), "a", input)
			if allowed || err == nil {
				t.Errorf("%s: got %t, %v, want an error", expr, allowed, err)
			}
			if strings.Contains(fmt.Sprintf("%+v", err), secret) {
				t.Errorf("%s: the error has the value: %v", expr, err)
			}
		}
	}
}

// TestNFSECInputIsNotChanged: other policies of the call see it after this one.
func TestNFSECInputIsNotChanged(t *testing.T) {
	engine, input := load(t), conformance.Input()
	before, err := input.AppendJSON(nil)
	must(t, err)
	for _, policy := range engine.Policies() {
		_, _ = engine.Evaluate(t.Context(), policy, input) // some of them fail
	}
	after, err := input.AppendJSON(nil)
	must(t, err)
	if string(before) != string(after) {
		t.Errorf("the input was\n%s\nand is\n%s", before, after)
	}
}
