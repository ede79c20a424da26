package rego

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"

	kest "github.com/kestgo/kest/runtime"
)

// decision is the variable that a query binds.
const decision = ast.Var("decision")

// query is data.<package>.allow = decision, compiled. It drives OPA's evaluator
// itself: rego.PreparedEvalQuery does the same, with a goroutine for every call
// that waits for a cancelled context, and a map and a JSON value for the result.
type query struct {
	body     ast.Body
	queries  ast.QueryCompiler
	compiler *ast.Compiler
	store    documents
}

func newQuery(compiler *ast.Compiler, store documents, allow ast.Ref) (*query, error) {
	queries := compiler.QueryCompiler()
	body, err := queries.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(allow), ast.NewTerm(decision))))
	if err != nil {
		return nil, err
	}
	return &query{body, queries, compiler, store}, nil
}

// Evaluate decides one policy (F-PE-04). It returns true only if allow is the
// boolean true, and false without an error if it is false or undefined. Any
// other outcome is a [*kest.PolicyError]:
//   - ErrPolicyUnknown: no package of that path has a rule allow
//   - ErrPolicyUnreachable: ctx ended, whose cause it wraps, or there was no
//     decision in the time of [WithTimeout]
//   - ErrPolicyMalformed: an input that is no JSON, a value that is no boolean, a
//     conflict between rules, a failed built-in function
//
// No error has a value of the input in it.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if err := e.CheckPolicy(policy); err != nil {
		return false, err
	}
	q := e.policies[policy]
	document, err := inputValue(input)
	if err != nil {
		return false, policyError(policy, kest.ErrPolicyMalformed, fmt.Errorf("input: %w", err))
	}
	allowed, err := q.decide(ctx, document, e.timeout)
	switch {
	case err == nil:
		return allowed, nil
	case errors.Is(err, errNoTime):
		return false, policyError(policy, kest.ErrPolicyUnreachable, err)
	}
	return false, policyError(policy, kest.ErrPolicyMalformed, err)
}

// errNoTime is for an evaluation that did not come to its end, or too late.
var errNoTime = errors.New("no decision in time")

func (q *query) decide(ctx context.Context, input ast.Value, timeout time.Duration) (bool, error) {
	deadline := time.Now().Add(timeout)
	var results int
	var value ast.Value
	err := topdown.NewQuery(q.body).
		WithQueryCompiler(q.queries).
		WithCompiler(q.compiler).
		WithStore(q.store).
		WithBaseCache(q.store).
		WithMetrics(metrics.NoOp()).
		WithStrictBuiltinErrors(true).
		WithInput(ast.NewTerm(input)).
		WithCancel(canceled{ctx, deadline}).
		Iter(ctx, func(result topdown.QueryResult) error {
			results++
			if term := result[decision]; term != nil {
				value = term.Value
			}
			return nil
		})
	switch {
	case ctx.Err() != nil:
		// Even when the evaluation came to an end: whoever gave up on the
		// call must not have it run.
		return false, fmt.Errorf("%w: %w", errNoTime, context.Cause(ctx))
	case time.Now().After(deadline):
		return false, fmt.Errorf("%w, which is %s (%w): make the policy cheaper, or allow more with rego.WithTimeout", errNoTime, timeout, context.DeadlineExceeded)
	case err != nil:
		return false, evaluationError(err)
	case results == 0:
		return false, nil // undefined
	case results > 1:
		return false, fmt.Errorf("allow has %d results: it must have one", results)
	}
	allowed, ok := value.(ast.Boolean)
	if !ok {
		return false, fmt.Errorf("allow is a value of type %s: it must be a boolean", ast.ValueName(value))
	}
	return bool(allowed), nil
}

// evaluationError says what failed, and where. Of a failed function it says the
// name only: the rest of OPA's message quotes the arguments, which come from the
// input.
func evaluationError(err error) error {
	var e *topdown.Error
	if !errors.As(err, &e) {
		return errors.New("the evaluation failed")
	}
	text := e.Code
	switch e.Code {
	case topdown.ConflictErr, topdown.WithMergeErr:
		text += ": " + e.Message
	case topdown.BuiltinErr, topdown.TypeErr:
		function, _, _ := strings.Cut(e.Message, ":")
		text += ": the function " + function + " failed"
	}
	if e.Location != nil && e.Location.File != "" {
		return fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Row, text)
	}
	return errors.New(text)
}

// canceled tells the evaluator at every step whether the context or the time has
// ended. It needs no goroutine, unlike a flag that somebody has to set.
type canceled struct {
	ctx      context.Context
	deadline time.Time
}

func (c canceled) Cancelled() bool { return c.ctx.Err() != nil || time.Now().After(c.deadline) }

// Cancel is never called: the context's owner cancels it.
func (c canceled) Cancel() {}
