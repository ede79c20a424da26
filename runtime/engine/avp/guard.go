package avp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

const (
	// maxQuestion is the quota of the service for a request, 1 MB, in bytes.
	maxQuestion = 1_000_000
	// maxAnswer is the size in bytes of an answer at most.
	maxAnswer = 1 << 20
	// maxDepth is how deep an answer may be nested; those of the service have 4
	// levels.
	maxDepth = 16
)

// guard stands between the SDK and the network. The SDK reads answers without a
// bound, takes every 2xx for success, the last of two members of one name, and
// whatever stands behind the object; none of these is let through.
type guard struct {
	next verifiedpermissions.HTTPClient
}

// Do sends one request. Its own errors are of type *guardError; the caller's
// body is in memory and has no end to wait for.
func (g *guard) Do(request *http.Request) (*http.Response, error) {
	if err := checkEndpoint(request.URL); err != nil {
		return nil, malformed("%w", err)
	}
	if request.ContentLength > maxQuestion {
		return nil, malformed("the request has %d bytes and the service takes %d: leave large attributes out of the directive", request.ContentLength, maxQuestion)
	}
	response, err := g.next.Do(request)
	switch {
	case err != nil:
		return nil, err
	case response == nil || response.Body == nil:
		return nil, malformed("the HTTP client gave neither an answer nor an error")
	}
	defer response.Body.Close()
	if from := response.Request; from != nil && from.URL != nil && from.URL.String() != request.URL.String() {
		return nil, malformed("the answer comes from elsewhere: the HTTP client followed a redirect, and it must not")
	}
	if response.StatusCode < http.StatusOK {
		// 101 is no longer HTTP: its body has no end, and no time-out either.
		return nil, checkAnswer(response.StatusCode, nil)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &guardError{kest.ErrPolicyUnreachable, fmt.Errorf("the answer broke off: %w", err)}
	case len(body) > maxAnswer:
		return nil, malformed("the answer has more than %d bytes", maxAnswer)
	}
	if err := checkAnswer(response.StatusCode, body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// checkAnswer leaves the errors of the service to the SDK, which reads their
// codes.
func checkAnswer(status int, body []byte) error {
	switch {
	case status >= http.StatusBadRequest:
		return nil
	case status != http.StatusOK:
		return malformed("the service answered %d %s: it must be 200", status, http.StatusText(status))
	}
	if i := strictjson.SkipSpace(body, 0); i == len(body) || body[i] != '{' {
		return malformed("the answer is not one JSON object")
	}
	if err := strictjson.Valid(body, maxDepth); err != nil {
		return malformed("the answer is not one JSON object: %w", err)
	}
	return nil
}

// guardError is a refusal of guard; the SDK hands it through in its own errors.
type guardError struct {
	failure error // one of the three of kest.PolicyError
	err     error
}

func malformed(format string, args ...any) error {
	return &guardError{kest.ErrPolicyMalformed, fmt.Errorf(format, args...)}
}

func (e *guardError) Error() string { return e.err.Error() }

func (e *guardError) Unwrap() error { return e.err }

// errNotMade is for an Engine that is nil or its zero value.
var errNotMade = errors.New("the engine was not made by avp.New")
