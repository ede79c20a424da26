package rego_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestConformance is the table that the sidecar has to agree with.
func TestConformance(t *testing.T) {
	conformance.Run(t, load(t))
}

func load(t testing.TB) *rego.Engine {
	t.Helper()
	engine, err := rego.Load(conformance.Policies())
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestUnknownPolicySaysWhatIsNear(t *testing.T) {
	engine := load(t)
	for name, want := range map[string]string{
		"kest/allow_trust":        `did you mean "kest/allow_trusted"?`,
		"kest.allow_trusted":      `did you mean "kest/allow_trusted"?`,
		"kest/numbrs":             `near are "kest/numbers" and "kest/nulls"`,
		"entirely/something_else": fmt.Sprintf("no policy of the %d has a name near it", len(engine.Policies())),
	} {
		_, err := engine.Evaluate(t.Context(), name, conformance.Input())
		checkError(t, err, kest.ErrPolicy, want, `"`+name+`"`)
		checkError(t, engine.CheckPolicy(name), kest.ErrPolicy, want)
	}
	if err := engine.CheckPolicy("kest/allow_trusted"); err != nil {
		t.Error(err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	engine := load(t)
	input := conformance.Input()
	input.Attributes = []byte(`{"parts":0}`)
	for policy, want := range map[string]string{
		"kest/conflict": "conflict.rego:",
		"kest/divide":   "divide.rego:5: eval_builtin_error: the function div failed",
		"kest/says_yes": "allow is a value of type string: it must be a boolean",
	} {
		_, err := engine.Evaluate(t.Context(), policy, input)
		checkError(t, err, kest.ErrPolicy, want)
	}
	_, err := engine.Evaluate(t.Context(), "kest/allow_trusted", nil)
	checkError(t, err, kest.ErrPolicy, "input: there is none")
}

func TestNFSECCanceledContextIsAnError(t *testing.T) {
	engine := load(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("client went away")
	cancel(reason)
	ok, err := engine.Evaluate(ctx, "kest/allow_trusted", conformance.Input())
	checkError(t, err, kest.ErrPolicy)
	if ok || !errors.Is(err, reason) {
		t.Errorf("got %t, %v, want an error that wraps %v", ok, err, reason)
	}
}

// TestNFSECDeadlineEndsEvaluation runs a policy that would take hours.
func TestNFSECDeadlineEndsEvaluation(t *testing.T) {
	engine, err := rego.New(map[string]string{"slow.rego": `package kest.slow

allow if {
	some a in numbers.range(1, 10000)
	some b in numbers.range(1, 10000)
	some c in numbers.range(1, 10000)
	a * b * c == -1
}
`})
	if err != nil {
		t.Fatal(err)
	}
	ctx := &endingContext{Context: t.Context()}
	ctx.left.Store(10_000)
	ok, err := engine.Evaluate(ctx, "kest/slow", conformance.Input())
	checkError(t, err, kest.ErrPolicy)
	if ok || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %t, %v", ok, err)
	}
}

// endingContext ends when it has been asked so many times: in the middle of an
// evaluation, without a clock.
type endingContext struct {
	context.Context
	left atomic.Int64
}

func (c *endingContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestConcurrentEvaluate has the race detector look at shared queries, and the
// assertions at answers that got mixed up.
func TestConcurrentEvaluate(t *testing.T) {
	engine := load(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 50 {
				input := conformance.Input()
				input.TrustScore = i
				ok, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input)
				if err != nil || ok != (i >= 40) {
					t.Errorf("trust %d: got %t, %v", i, ok, err)
				}
				if ok, err := engine.Evaluate(t.Context(), "kest/bill_v0", input); !ok || err != nil {
					t.Errorf("bill: got %t, %v", ok, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestNoSchemaIsFetched has a $ref that names another host.
func TestNoSchemaIsFetched(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Write([]byte(`{}`))
	}))
	defer server.Close()
	engine, err := rego.New(map[string]string{"schema.rego": `package kest.schema

allow if json.match_schema({}, {"$ref": "` + server.URL + `/schema.json"})[0]
`})
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.Evaluate(t.Context(), "kest/schema", conformance.Input())
	checkError(t, err, kest.ErrPolicyMalformed, "the function json.match_schema failed")
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests for a schema", n)
	}
}

// TestSlowPolicyDenies: a policy has a time of its own, whatever the context.
func TestSlowPolicyDenies(t *testing.T) {
	engine, err := rego.New(map[string]string{"slow.rego": `package slow
default allow := false
allow if { some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == 0 }`}, rego.WithTimeout(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := engine.Evaluate(context.Background(), "slow", conformance.Input())
	if allowed || !errors.Is(err, kest.ErrPolicy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("allowed %t, error %v; want ErrPolicy and context.DeadlineExceeded", allowed, err)
	}
	if _, err := rego.New(map[string]string{"a.rego": "package a\nallow := true"}, rego.WithTimeout(0)); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("no time at all: %v, want ErrConfig", err)
	}
}
