package sidecar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	kest "github.com/kestgo/kest/runtime"
)

// maxAnswer is the size in bytes of an answer at most.
const maxAnswer = 1 << 20

// Ask posts a question, a JSON text, to the URL with path behind it, which
// starts with a slash and is escaped, and returns the body of the answer. It
// asks once and takes the time-out at most.
//
// The error is a [kest.PolicyError] about policy. One for the time-out matches
// [context.DeadlineExceeded], and one for a context that ended wraps its cause.
func (c *Client) Ask(ctx context.Context, policy, path string, question []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, c.late)
	defer cancel()
	response, err := c.post(ctx, path, question)
	if err != nil {
		return nil, c.unreachable(ctx, policy, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		// A connection whose answer was not read is lost. That of 101 has no end:
		// it is no longer HTTP, and the time-out no longer counts for it.
		if response.StatusCode >= http.StatusOK {
			_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // the status has decided
		}
		failure, err := c.statusError(response.StatusCode)
		return nil, c.policyError(policy, failure, err)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, c.unreachable(ctx, policy, fmt.Errorf("the answer of the server at %s broke off: %w", c.server, err))
	case len(answer) > maxAnswer:
		return nil, c.policyError(policy, kest.ErrPolicyMalformed,
			fmt.Errorf("the answer of the server at %s has more than %d bytes: a decision is smaller", c.server, maxAnswer))
	}
	return answer, nil
}

// post sends the request. Every error means that there is no answer.
func (c *Client) post(ctx context.Context, path string, question []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != nil {
		token, err := c.token(ctx)
		if err == nil {
			err = checkToken(token)
		}
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		request.Header.Set("Authorization", c.scheme+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server at %s cannot be reached: %w", c.server, err)
	}
	return response, nil
}

// checkToken refuses what would not arrive as it is in a header.
func checkToken(token string) error {
	if token == "" {
		return errors.New("Config.Token gave an empty one: leave it nil if the server wants none")
	}
	for i := range len(token) {
		edge := i == 0 || i == len(token)-1
		if c := token[i]; c < ' ' || c > '~' || c == ' ' && edge {
			return errors.New("Config.Token gave one with a space at an end or a character that is not printable ASCII: trim the line end of its file")
		}
	}
	return nil
}

// unreachable prefers what ended the wait to what it ended in.
func (c *Client) unreachable(ctx context.Context, policy string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return c.policyError(policy, kest.ErrPolicyUnreachable, err)
}

func (c *Client) policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: c.engine, Policy: policy, Failure: failure, Err: err}
}
