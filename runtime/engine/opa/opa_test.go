package opa_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

func newEngine(t testing.TB, config opa.Config) *opa.Engine {
	t.Helper()
	engine, err := opa.New(config)
	check(t, err)
	return engine
}

// TestConformance asks a real OPA server every question that the engine in
// process is asked.
func TestConformance(t *testing.T) {
	conformance.Run(t, newEngine(t, opa.Config{URL: startOPA(t), Timeout: limit}))
}

func TestServerWithoutThePolicySaysSo(t *testing.T) {
	url := startOPA(t)
	_, err := newEngine(t, opa.Config{URL: url}).Evaluate(t.Context(), "kest/allow_trustd", conformance.Input())
	checkError(t, err, kest.ErrPolicyUnknown, "kest/allow_trustd", url, "does not have the policy")
}

func TestDecisionPath(t *testing.T) {
	url := startOPA(t)
	tests := []struct {
		path, policy string
		allowed      bool
		err          string // "" for none
	}{
		{"result.allow", "kest/allow_trusted", true, ""},
		{"result", "kest/allow_trusted/allow", true, ""},
		{"result.allow_trusted.allow", "kest", false, "internal"}, // other rules of data.kest conflict
		{"result.granted", "kest/allow_trusted", false, ""},
		{"result", "kest/allow_trusted", false, "result in the answer is an object"},
		{"result.allow.granted", "kest/allow_trusted", false, "result.allow in the answer is not an object"},
		{"decision.allow", "kest/allow_trusted", false, "does not have the policy"},
	}
	for _, tt := range tests {
		allowed, err := newEngine(t, opa.Config{URL: url, DecisionPath: tt.path}).
			Evaluate(t.Context(), tt.policy, conformance.Input())
		if allowed != tt.allowed || (err != nil) != (tt.err != "") {
			t.Errorf("%s of %s: got %t, %v", tt.path, tt.policy, allowed, err)
		}
		if tt.err != "" && err != nil && !strings.Contains(strings.ToLower(err.Error()), tt.err) {
			t.Errorf("%s of %s: error lacks %q: %v", tt.path, tt.policy, tt.err, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		config opa.Config
		want   []string
	}{
		"no URL":             {opa.Config{}, []string{"opa: no URL"}},
		"password":           {opa.Config{URL: "http://u:hunter2@localhost"}, []string{"Config.Token"}},
		"negative time-out":  {opa.Config{URL: "http://localhost", Timeout: -1}, []string{"negative"}},
		"relative socket":    {opa.Config{Socket: "opa.sock"}, []string{"not an absolute path"}},
		"client and socket":  {opa.Config{Socket: "/opa.sock", Client: new(http.Client)}, []string{"both Client and Socket"}},
		"TLS and http":       {opa.Config{URL: "http://localhost", TLS: new(tls.Config)}, []string{"TLS with an http URL"}},
		"path with a hole":   {opa.Config{URL: "http://localhost", DecisionPath: "result..allow"}, []string{"empty part"}},
		"path with dot last": {opa.Config{URL: "http://localhost", DecisionPath: "result."}, []string{"empty part"}},
		"several":            {opa.Config{URL: "localhost", DecisionPath: ".", Timeout: -1}, []string{"neither", "empty part", "negative"}},
	} {
		_, err := opa.New(tt.config)
		checkError(t, err, kest.ErrConfig, tt.want...)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func TestCheckPolicy(t *testing.T) {
	engine := newEngine(t, opa.Config{URL: "http://127.0.0.1:1"})
	for _, name := range []string{"kest/allow_trusted", "allow", "a/b/c.d", "a/ключ", "a/b:c@d", "v2/a-1"} {
		check(t, engine.CheckPolicy(name))
	}
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../v1/policies", "a/./b",
		"a/0", "a/-1", "a/01.0", "0/a", `a/"b"`,
		"a?b", "a#b", "a%2e%2e", `a\b`, "a;b", "a b", "a\tb", "a\nb", "a\x00b", "a\u2028b", "\xff", strings.Repeat("a", 513),
	} {
		checkError(t, engine.CheckPolicy(name), kest.ErrPolicyUnknown, "the name")
		_, err := engine.Evaluate(t.Context(), name, conformance.Input())
		checkError(t, err, kest.ErrPolicyUnknown, "the name")
	}
}

func TestEvaluateWithoutInput(t *testing.T) {
	_, err := newEngine(t, opa.Config{URL: "http://127.0.0.1:1"}).Evaluate(context.Background(), "a", nil)
	checkError(t, err, kest.ErrPolicyMalformed, "input: there is none")
}

func TestEngineThatWasNotMade(t *testing.T) {
	for _, engine := range []*opa.Engine{nil, new(opa.Engine)} {
		allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
		checkError(t, err, kest.ErrPolicyMalformed, "opa.New")
		checkError(t, engine.CheckPolicy("kest/allow_trusted"), kest.ErrPolicyMalformed, "opa.New")
		if allowed {
			t.Error("allowed together with an error")
		}
	}
}

func checkError(t *testing.T, err, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v does not match %v", err, target)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}
