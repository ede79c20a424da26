package cedaragent_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

// The servers of this file are fault doubles: they say what a real cedar-agent
// never does, or what it can be brought to say in agent_test.go.

func TestAnswersThatAreErrors(t *testing.T) {
	const (
		noObject    = "not one JSON object"
		noDecision  = "has no decision"
		noString    = "is not a string"
		neither     = "neither Allow nor Deny"
		failed      = "diagnostics.errors has"
		noErrors    = "diagnostics.errors in the answer is not an array"
		diagnostics = "diagnostics in the answer are not an object"
	)
	for body, want := range map[string]string{
		``:                                       noObject,
		`true`:                                   noObject,
		`"Allow"`:                                noObject,
		`["Allow"]`:                              noObject,
		`<html>Allow</html>`:                     noObject,
		`{"decision":"Allow"`:                    noObject,
		`{"decision":"Allow"} {}`:                noObject,
		`{"decision":"Allow"}x`:                  noObject,
		`{"decision":"Allow",}`:                  noObject,
		`{"decision":Allow}`:                     noObject,
		"\ufeff" + `{"decision":"Allow"}`:        noObject,
		`{"decision":"Deny","decision":"Allow"}`: "duplicate",
		`{"decision":"Deny","\u0064ecision":"Allow"}`:                   "duplicate",
		"{\"decision\":\"Allow\",\"x\":\"\xff\"}":                       "UTF-8",
		`{"decision":"Allow", "x":` + strings.Repeat("[", 20_000):       "nested too deep",
		`{"x":"` + strings.Repeat("x", 1<<20) + `","decision":"Allow"}`: "more than 1048576 bytes",
		`{}`:                                       noDecision,
		`{"Decision":"Allow"}`:                     noDecision,
		`{"result":{"allow":true}}`:                noDecision,
		`{"result":{"decision":"Allow"}}`:          noDecision,
		`{"decision":true}`:                        noString,
		`{"decision":null}`:                        noString,
		`{"decision":1}`:                           noString,
		`{"decision":["Allow"]}`:                   noString,
		`{"decision":{"Allow":true}}`:              noString,
		`{"decision":""}`:                          neither,
		`{"decision":"allow"}`:                     neither,
		`{"decision":"ALLOW"}`:                     neither,
		`{"decision":"Allow "}`:                    neither,
		`{"decision":"Allowed"}`:                   neither,
		`{"decision":"true"}`:                      neither,
		`{"decision":"s3cret"}`:                    neither,
		`{"decision":"Allow","diagnostics":null}`:  diagnostics,
		`{"decision":"Allow","diagnostics":[]}`:    diagnostics,
		`{"decision":"Deny","diagnostics":"none"}`: diagnostics,
		`{"decision":"Allow","diagnostics":{"errors":[],"errors":["x"]}}`:   "duplicate",
		`{"decision":"Allow","diagnostics":{"errors":null}}`:                noErrors,
		`{"decision":"Allow","diagnostics":{"errors":{}}}`:                  noErrors,
		`{"decision":"Allow","diagnostics":{"errors":"s3cret"}}`:            noErrors,
		`{"decision":"Allow","diagnostics":{"errors":["s3cret"]}}`:          failed + " 1:",
		`{"decision":"Deny","diagnostics":{"errors":["s3cret"]}}`:           failed + " 1:",
		`{"decision":"Allow","diagnostics":{"errors":[null,{"s3cret":1}]}}`: failed + " 2:",
		`{"decision":"s3cret","diagnostics":{"errors":[""]}}`:               failed + " 1:",
		`{"decision":"Allow","diagnostics":{"errors":["error occurred while evaluating policy ` + "`b`: s3cret`: " + `","error occurred while evaluating policy ` + "`a`: " + `"]}}`: failed + ` 2, policy "a", policy "b":`,
		`{"decision":"Allow","diagnostics":{"errors":["error occurred while evaluating policy ` + "`s3cret" + `"]}}`:                                                                 failed + " 1:",
		`{"decision":"Allow","diagnostics":{"errors":[` + strings.Repeat("\"error occurred while evaluating policy `p`: \",", 9) + `""]}}`:                                           failed + ` 10, policy "p", policy "p", policy "p":`,
	} {
		allowed, err := evaluate(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err == nil {
			t.Errorf("%.80s: no error", body)
			continue
		}
		checkError(t, err, kest.ErrPolicyMalformed, want, `cedaragent policy "kest/allow_trusted"`)
		if allowed || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.80s: got %t, %v", body, allowed, err)
		}
	}
}

func TestAnswersThatAreDecisions(t *testing.T) {
	for body, want := range map[string]bool{
		`{"decision":"Allow"}`: true,
		`{"decision":"Allow","diagnostics":{"reason":["p"],"errors":[]}}`:                         true,
		" {\n\"diagnostics\" : { \"errors\" : [ ] } , \"x\" : [1] , \"decision\" : \"Allow\" }\n": true,
		`{"decision":"\u0041llow","diagnostics":{}}`:                                              true,
		`{"decision":"Deny"}`: false,
		`{"decision":"Deny","diagnostics":{"reason":["p"],"errors":[]}}`:     false,
		`{"decision":"Deny","Decision":"Allow","result":{"allow":true}}`:     false,
		`{"decision":"Deny","diagnostics":{"decision":"Allow","errors":[]}}`: false,
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
	return newEngine(t, cedaragent.Config{URL: fault.URL}).Evaluate(t.Context(), "kest/allow_trusted", cedarconformance.Input())
}
