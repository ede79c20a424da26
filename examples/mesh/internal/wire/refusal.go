package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/runtime/kesthttp"
)

const (
	problemType = "urn:mesh:problem:"
	maxProblem  = 16 << 10 // bytes
)

// A RefusalError is what a service further on answered instead of a receipt. It is
// passed on as it is: the reason why the last one refuses is why all do.
type RefusalError struct {
	Status  int
	Problem kesthttp.Problem
}

func (e *RefusalError) Error() string {
	return fmt.Sprintf("refused with %d: %s", e.Status, e.Problem.Type)
}

// readRefusal reads a problem document, and makes one of what is none.
func readRefusal(response *http.Response) error {
	r := &RefusalError{Status: response.StatusCode}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || json.Unmarshal(body, &r.Problem) != nil || r.Problem.Status != response.StatusCode {
		return unavailable()
	}
	return r
}

func refusal(kind, title string, status int) *RefusalError {
	return &RefusalError{status, kesthttp.Problem{Type: problemType + kind, Title: title, Status: status}}
}

// unavailable stands for a service that gives no answer, or none that can be read.
func unavailable() *RefusalError {
	return refusal("upstream", "A service further on does not answer", http.StatusBadGateway)
}

// ofStatus is what the codes of package kestgrpc stand for; all others are that
// there is no answer.
func ofStatus(code codes.Code) *RefusalError {
	switch code {
	case codes.InvalidArgument:
		return refusal("malformed", "The lineage or the input is malformed", http.StatusBadRequest)
	case codes.PermissionDenied:
		return refusal("refused", "A service further on refuses this", http.StatusForbidden)
	}
	return unavailable()
}

// WriteError answers a request with the problem of an error: that of a service
// further on, or one of this service's own.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	refused, ok := asRefusal(err)
	if !ok {
		kesthttp.WriteError(w, r, err)
		return
	}
	body, marshalErr := json.Marshal(refused.Problem)
	if marshalErr != nil { // a struct of strings
		body = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(refused.Status)
	_, _ = w.Write(body) // the client may have gone
}

// asRefusal says whether an error came from another service, or is that there was
// no answer from one. Errors of Kest on the way to it are this service's own.
func asRefusal(err error) (*RefusalError, bool) {
	if refused, ok := errors.AsType[*RefusalError](err); ok {
		return refused, true
	}
	if errors.Is(err, shop.ErrInvalid) {
		return refusal("order", "The order makes no sense", http.StatusUnprocessableEntity), true
	}
	if kesthttp.ProblemOf(err).Type != kesthttp.ProblemOf(errors.New("")).Type {
		return nil, false
	}
	if s, ok := status.FromError(err); ok && s.Code() != codes.Unknown {
		return ofStatus(s.Code()), true
	}
	_, isURL := errors.AsType[*url.Error](err)
	_, isNet := errors.AsType[net.Error](err)
	if isURL || isNet || errors.Is(err, io.ErrUnexpectedEOF) {
		return unavailable(), true
	}
	return nil, false
}
