package kesthttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TestProblems is the table of every kind of error: its status and type, and
// nothing else of it.
func TestProblems(t *testing.T) {
	denied := func(cause error) error {
		return &kest.DeniedError{Operation: secret, Policy: secret, Workload: secret, EntryID: "01890000-0000-7000-8000-000000000000", Err: cause}
	}
	failed := func(failure error) error {
		return denied(&kest.PolicyError{Policy: secret, Failure: failure, Err: errors.New(secret)})
	}
	invalid := &kest.VerifyError{Check: kest.CheckSignature, Want: "x", Got: "y"}
	for _, test := range []struct {
		err    error
		status int
		kind   string
	}{
		{nil, 500, "error"},
		{errors.New("of the application"), 500, "error"},
		{kest.ErrConfig, 500, "configuration"},
		{&kest.VerifyError{Check: kest.CheckVerifier}, 500, "configuration"},
		{fmt.Errorf("%w: %w", kestpropagation.ErrAnswer, kest.ErrConfig), 500, "configuration"},
		{kest.ErrLineageMalformed, 400, "lineage-malformed"},
		{kest.ErrLineageInvalid, 403, "lineage-invalid"},
		{kest.ErrLineageUnavailable, 503, "lineage-unavailable"},
		{kest.ErrLineage, 403, "lineage-invalid"},
		{invalid, 403, "lineage-invalid"},
		{&kest.VerifyError{Check: kest.CheckKey, Err: kest.ErrLineageUnavailable}, 503, "lineage-unavailable"},
		{&kest.VerifyError{Check: kest.CheckCanceled, Err: context.Canceled}, 503, "lineage-unavailable"},
		{fmt.Errorf("%w: %w", kestpropagation.ErrAnswer, invalid), 502, "answer-invalid"},
		{fmt.Errorf("%w: %w", kestpropagation.ErrAnswer, kest.ErrLineageMalformed), 502, "answer-invalid"},
		{bearer.ErrInvalidToken, 401, "token"},
		{bearer.ErrUnavailable, 503, "token-unavailable"},
		{denied(nil), 403, "denied"},
		{fmt.Errorf("wrapped: %w", denied(nil)), 403, "denied"},
		{failed(kest.ErrPolicyUnreachable), 503, "policy-unavailable"},
		{failed(kest.ErrPolicyMalformed), 403, "denied"},
		{failed(kest.ErrPolicyUnknown), 403, "denied"},
		{kest.ErrIdentity, 503, "identity-unavailable"},
		{kest.ErrInput, 400, "input"},
		{context.Canceled, 503, "canceled"},
		{context.DeadlineExceeded, 503, "timeout"},
	} {
		t.Run(fmt.Sprint(test.err), func(t *testing.T) {
			recorder := httptest.NewRecorder()
			recorder.Header().Set("Content-Length", "1")
			recorder.Header().Set("Etag", `"x"`)
			kesthttp.WriteError(recorder, httptest.NewRequest(http.MethodGet, "/", nil), test.err)
			response := recorder.Result()
			body, err := io.ReadAll(response.Body)
			check(t, err)
			problem := answer{response, string(body)}.wantProblem(t, test.status, test.kind)
			if _, isDenied := errors.AsType[*kest.DeniedError](test.err); isDenied != (problem.EntryID != "") {
				t.Errorf("entry id %q", problem.EntryID)
			}
			if strings.Contains(string(body), secret) {
				t.Errorf("the document says too much: %s", body)
			}
			if response.Header.Get("Etag") != "" || response.Header.Get("Content-Length") != "" {
				t.Errorf("headers of another answer: %v", response.Header)
			}
			if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options: %q", got)
			}
		})
	}
}
