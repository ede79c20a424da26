package opa_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// The servers of this file are fault doubles: they do what a real OPA does only
// when it is broken, overloaded or not OPA. Faults of the connection are with
// engine/internal/sidecar, and those that a real OPA can be made to have are in
// outage_test.go.

// limit is a time-out that no call should need: far more than an answer takes on
// a busy machine, far less than a call that waits for ever.
const limit = 30 * time.Second

func TestTC09FailuresAreTyped(t *testing.T) {
	hang := make(chan struct{})
	for name, tt := range map[string]struct {
		answer http.HandlerFunc // nil for nobody who listens
		want   error
	}{
		"refused":     {nil, kest.ErrPolicyUnreachable},
		"never":       {func(http.ResponseWriter, *http.Request) { <-hang }, kest.ErrPolicyUnreachable},
		"unavailable": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, kest.ErrPolicyUnreachable},
		"error":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, kest.ErrPolicyMalformed},
		"redirect":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusTemporaryRedirect) }, kest.ErrPolicyMalformed},
		"garbage":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "true") }, kest.ErrPolicyMalformed},
		"no result":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, kest.ErrPolicyUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			config := opa.Config{URL: "http://" + testserver.Address(t), Timeout: limit}
			if tt.answer != nil {
				fault := httptest.NewServer(tt.answer)
				defer fault.Close()
				config.URL = fault.URL
			}
			if name == "never" {
				config.Timeout = 50 * time.Millisecond
				defer close(hang)
			}
			allowed, err := newEngine(t, config).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
			checkError(t, err, tt.want, `opa policy "kest/allow_trusted"`)
			if allowed {
				t.Error("allowed together with an error")
			}
			if late := errors.Is(err, context.DeadlineExceeded); late != (name == "never") {
				t.Errorf("matches DeadlineExceeded: %t: %v", late, err)
			}
		})
	}
}

func TestAnswersThatAreErrors(t *testing.T) {
	const unknown = "does not have the policy"
	for body, want := range map[string]string{
		``:                             "not one JSON object",
		`true`:                         "not one JSON object",
		`[]`:                           "not one JSON object",
		`<html>allow</html>`:           "not one JSON object",
		`{"result":{"allow":true}`:     "not one JSON object",
		`{"result":{"allow":true}} {}`: "not one JSON object",
		`{"result":{"allow":true}}x`:   "not one JSON object",
		`{"result":{"allow":true},}`:   "not one JSON object",
		`{"result":{"allow":false},"result":{"allow":true}}`:                 "duplicate",
		`{"result":{"allow":false,"allow":true}}`:                            "duplicate",
		`{"result":{"allow":true,"\u0061llow":true}}`:                        "duplicate",
		"{\"result\":{\"allow\":true},\"x\":\"\xff\"}":                       "UTF-8",
		"\ufeff" + `{"result":{"allow":true}}`:                               "not one JSON object",
		`{}`:                                                                 unknown,
		`{"Result":{"allow":true}}`:                                          unknown,
		`{"decision_id":"x"}`:                                                unknown,
		`{"result":null}`:                                                    "result in the answer is not an object",
		`{"result":true}`:                                                    "result in the answer is not an object",
		`{"result":[{"allow":true}]}`:                                        "result in the answer is not an object",
		`{"result":{"allow":"true"}}`:                                        "is a string",
		`{"result":{"allow":1}}`:                                             "is a number",
		`{"result":{"allow":null}}`:                                          "is null",
		`{"result":{"allow":[true]}}`:                                        "is an array",
		`{"result":{"allow":{"x":true}}}`:                                    "is an object",
		`{"result":{"allow":TRUE}}`:                                          "not one JSON object",
		`{"result":{"allow":true}, "x":` + strings.Repeat("[", 20_000):       "nested too deep",
		`{"x":"` + strings.Repeat("x", 1<<20) + `","result":{"allow":true}}`: "more than 1048576 bytes",
	} {
		_, err := evaluate(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err == nil {
			t.Errorf("%.60s: no error", body)
			continue
		}
		failure := kest.ErrPolicyMalformed
		if want == unknown {
			failure = kest.ErrPolicyUnknown
		}
		checkError(t, err, failure, want)
	}
}

func TestAnswersThatAreDecisions(t *testing.T) {
	for body, want := range map[string]bool{
		`{"result":{"allow":true}}`: true,
		" {\n\"decision_id\" : \"x\" , \"result\" : { \"allow\" : true } }\n": true,
		`{"result":{"allow":false}}`:                                          false,
		`{"result":{}}`:                                                       false,
		`{"result":{"Allow":true}}`:                                           false,
		`{"result":{"deny":{"allow":true}},"allow":true}`:                     false,
	} {
		allowed, err := evaluate(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err != nil || allowed != want {
			t.Errorf("%s: got %t, %v", body, allowed, err)
		}
	}
}

func evaluate(t *testing.T, answer http.HandlerFunc) (bool, error) {
	t.Helper()
	fault := httptest.NewServer(answer)
	defer fault.Close()
	return newEngine(t, opa.Config{URL: fault.URL, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
}
