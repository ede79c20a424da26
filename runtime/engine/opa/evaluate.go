package opa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

const (
	// maxAnswer is the size in bytes of an answer at most.
	maxAnswer = 1 << 20
	// maxDepth is how deep attributes may be nested: as in engine/rego.
	maxDepth = 64
)

// Evaluate asks the server for one policy (F-PE-04, TC-09). It returns true
// only if the decision is the JSON value true, and false without an error if it
// is false or the policy leaves it undefined. All errors match
// [kest.ErrPolicy]; one for the time-out matches [context.DeadlineExceeded]
// too.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	path, err := dataPath(policy)
	if err != nil {
		return false, policyError(policy, err)
	}
	question, err := question(input)
	if err != nil {
		return false, policyError(policy, fmt.Errorf("input: %w", err))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, &timeoutError{e.base, e.timeout})
	defer cancel()
	answer, err := e.ask(ctx, path, question)
	if err != nil {
		if ctx.Err() != nil {
			// What ended the wait says more than what it ended in.
			err = context.Cause(ctx)
		}
		return false, policyError(policy, err)
	}
	allowed, err := decide(answer, e.decision)
	if errors.Is(err, errNoResult) {
		err = fmt.Errorf("the server at %s does not have the policy: load its package there, or correct the name (%w)", e.base, err)
	}
	if err != nil {
		return false, policyError(policy, err)
	}
	return allowed, nil
}

// question is the body of the request.
func question(input *kest.PolicyInput) ([]byte, error) {
	if input == nil {
		return nil, errors.New("there is none")
	}
	// Attributes are pasted into the document: those that close its braces
	// would write the members around them.
	if i := strictjson.SkipSpace(input.Attributes, 0); i == len(input.Attributes) || input.Attributes[i] != '{' {
		return nil, errors.New("attributes: they are not a JSON object: write {} when there are none")
	}
	if err := strictjson.Valid(input.Attributes, maxDepth); err != nil {
		return nil, fmt.Errorf("attributes: %w", err)
	}
	body, err := input.AppendJSON(append(make([]byte, 0, 1024), `{"input":`...))
	if err != nil {
		return nil, err
	}
	return append(body, '}'), nil
}

// ask sends one request and returns the body of the answer.
func (e *Engine) ask(ctx context.Context, path string, question []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		e.base+"/v1/data"+path+"?strict-builtin-errors=true", bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if e.token != nil {
		token, err := e.token(ctx)
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		if token == "" {
			return nil, errors.New("token: Config.Token gave an empty one: leave it nil if the server wants none")
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := e.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server cannot be reached: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer of %s broke off: %w", e.base, err)
	case response.StatusCode != http.StatusOK:
		// Not the body: OPA's messages can quote the input.
		return nil, fmt.Errorf("the server at %s answered %d %s: see its log", e.base, response.StatusCode, http.StatusText(response.StatusCode))
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s has more than %d bytes: query the policy's package, not one above it", e.base, maxAnswer)
	}
	return body, nil
}
