package kesthttp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// A Problem is what a client is told of a failed request, as a problem document
// of RFC 9457. It says what kind of failure it was, never a value of the request,
// a policy's name or an address; the server's log has the rest.
type Problem struct {
	Type   string `json:"type"` // "urn:kest:problem:" and a word that stays the same
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is what the client can do.
	Detail string `json:"detail,omitempty"`
	// EntryID is that of a denied call, by which its log record and span are
	// found.
	EntryID string `json:"entry_id,omitempty"`
}

// kinds are the failures that are told apart, the first that matches.
var kinds = []struct {
	is      error
	problem Problem
}{
	{kest.ErrConfig, Problem{Type: "configuration", Title: "The server is not configured", Status: http.StatusInternalServerError}},
	{errUnsent, Problem{Type: "answer-unsent", Title: "The lineage of the answer cannot be sent", Status: http.StatusServiceUnavailable,
		Detail: "Try again later."}},
	{kestpropagation.ErrAnswer, Problem{Type: "answer-invalid", Title: "The lineage of an answer that the server got does not verify", Status: http.StatusBadGateway}},
	{kest.ErrLineageMalformed, Problem{Type: "lineage-malformed", Title: "The lineage of the request is malformed", Status: http.StatusBadRequest,
		Detail: "Send the baggage as the sender's propagator wrote it, whole, or none."}},
	{kest.ErrLineageUnavailable, Problem{Type: "lineage-unavailable", Title: "The lineage of the request cannot be verified now", Status: http.StatusServiceUnavailable,
		Detail: "A key source or the cache does not answer. Try again later."}},
	{kest.ErrLineage, Problem{Type: "lineage-invalid", Title: "The lineage of the request does not verify", Status: http.StatusForbidden,
		Detail: "It was altered, belongs to another trace, has expired, or was signed by somebody who is not known here."}},
	{bearer.ErrInvalidToken, Problem{Type: "token", Title: "The request has no valid token", Status: http.StatusUnauthorized,
		Detail: "Send a bearer token for this server."}},
	{bearer.ErrUnavailable, Problem{Type: "token-unavailable", Title: "The token cannot be checked now", Status: http.StatusServiceUnavailable,
		Detail: "The keys of its issuer cannot be had. Try again later."}},
	{kest.ErrPolicyUnreachable, Problem{Type: "policy-unavailable", Title: "No decision could be had", Status: http.StatusServiceUnavailable,
		Detail: "A policy engine does not answer. Try again later."}},
	{kest.ErrDenied, Problem{Type: "denied", Title: "A policy does not allow this", Status: http.StatusForbidden}},
	{kest.ErrIdentity, Problem{Type: "identity-unavailable", Title: "The server cannot sign", Status: http.StatusServiceUnavailable}},
	{kest.ErrInput, Problem{Type: "input", Title: "The request has a value that cannot be recorded", Status: http.StatusBadRequest}},
	{context.Canceled, Problem{Type: "canceled", Title: "The request was given up", Status: http.StatusServiceUnavailable}},
	{context.DeadlineExceeded, Problem{Type: "timeout", Title: "The request took too long", Status: http.StatusServiceUnavailable}},
}

const problemType = "urn:kest:problem:"

// ProblemOf is what a client is told of an error: of those of this module by
// their kind, and of all others as status 500.
func ProblemOf(err error) Problem {
	problem := Problem{Type: "error", Title: "The server failed", Status: http.StatusInternalServerError}
	for _, kind := range kinds {
		if errors.Is(err, kind.is) {
			problem = kind.problem
			break
		}
	}
	var denied *kest.DeniedError
	if errors.As(err, &denied) {
		problem.EntryID = denied.EntryID
	}
	problem.Type = problemType + problem.Type
	return problem
}

// WriteError answers a request with the problem document of an error, most often
// one that a hooked function returned: 400 for what is malformed, 401 for a
// missing or wrong token, 403 for what a policy or the verification of the lineage
// does not allow, 502 for a wrong lineage of an answer that the server itself got,
// 503 for what may pass later, 500 for all else. The error itself goes to the log
// only (slog.Default()), and of a denial its entry's id, under which the runtime
// has logged it.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	problem := ProblemOf(err)
	slog.Default().LogAttrs(r.Context(), slog.LevelWarn, "kest: request refused",
		slog.Int("status", problem.Status), slog.String("problem", problem.Type), slog.String("error", errorText(err)))
	body, _ := json.Marshal(problem) // a struct of strings: it cannot fail
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name) // of the answer that this one replaces
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if problem.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(r))
	}
	w.WriteHeader(problem.Status)
	_, _ = w.Write(body) // the client may have gone
}

// challenge is what RFC 6750, section 3.1, asks of a 401.
func challenge(r *http.Request) string {
	if len(r.Header.Values("Authorization")) == 0 {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// errorText is what the log gets. What an engine said of a denial may quote the
// input, so it stays out.
func errorText(err error) string {
	if err == nil {
		return "WriteError was called without an error"
	}
	var denied *kest.DeniedError
	if errors.As(err, &denied) {
		return "denied: entry " + denied.EntryID
	}
	return err.Error()
}
