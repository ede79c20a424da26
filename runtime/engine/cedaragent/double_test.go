package cedaragent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

// startDouble runs a server that speaks cedar-agent's API around cedar-go, for
// machines without the program, and as a second reader of what is sent. Where it
// and the real one differ, the real one is right.
func startDouble(t *testing.T, statements []cedarconformance.Statement, data []byte) (url string) {
	t.Helper()
	policies := cedar.NewPolicySet()
	for _, s := range statements {
		var policy cedar.Policy
		check(t, policy.UnmarshalCedar([]byte(s.Text)))
		policies.Add(cedar.PolicyID(s.ID), &policy)
	}
	var entities cedar.EntityMap
	check(t, json.Unmarshal(data, &entities))

	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/is_authorized", func(w http.ResponseWriter, r *http.Request) {
		request, err := parseQuestion(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		decision, diagnostic := cedar.Authorize(policies, entities, request)
		answer := map[string]any{"decision": "Deny"}
		if decision == cedar.Allow {
			answer["decision"] = "Allow"
		}
		reasons, errs := []string{}, []string{}
		for _, reason := range diagnostic.Reasons {
			reasons = append(reasons, string(reason.PolicyID))
		}
		for _, e := range diagnostic.Errors {
			errs = append(errs, fmt.Sprintf("error occurred while evaluating policy `%s`: %s", e.PolicyID, e.Message))
		}
		answer["diagnostics"] = map[string]any{"reason": reasons, "errors": errs}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

func parseQuestion(r *http.Request) (request cedar.Request, err error) {
	var question struct {
		Principal, Action, Resource string
		Context                     cedar.Record
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&question); err != nil {
		return request, err
	}
	for text, uid := range map[*string]*cedar.EntityUID{
		&question.Principal: &request.Principal, &question.Action: &request.Action, &question.Resource: &request.Resource,
	} {
		if err := uid.UnmarshalCedar([]byte(*text)); err != nil {
			return request, err
		}
	}
	request.Context = question.Context
	return request, nil
}
