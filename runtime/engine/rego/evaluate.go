package rego

import (
	"context"
	"errors"
	"fmt"
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
}

func newQuery(compiler *ast.Compiler, allow ast.Ref) (*query, error) {
	queries := compiler.QueryCompiler()
	body, err := queries.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(allow), ast.NewTerm(decision))))
	if err != nil {
		return nil, err
	}
	return &query{body, queries, compiler}, nil
}

// Evaluate decides one policy (F-PE-04). It returns true only if allow is the
// boolean true, and false without an error if it is false or undefined. Any
// other outcome is an error that matches [kest.ErrPolicy]: an unknown policy,
// an input that is no JSON, a value that is no boolean, a conflict between
// rules, a failed built-in function, or the end of ctx, whose error it wraps.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if err := e.CheckPolicy(policy); err != nil {
		return false, err
	}
	q := e.policies[policy]
	document, err := inputValue(input)
	if err != nil {
		return false, policyError(policy, fmt.Errorf("input: %w", err))
	}
	allowed, err := q.decide(ctx, document, e.timeout)
	if err != nil {
		return false, policyError(policy, err)
	}
	return allowed, nil
}

func (q *query) decide(ctx context.Context, input ast.Value, timeout time.Duration) (bool, error) {
	deadline := time.Now().Add(timeout)
	var results int
	var value ast.Value
	err := topdown.NewQuery(q.body).
		WithQueryCompiler(q.queries).
		WithCompiler(q.compiler).
		WithStore(noData{}).
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
		return false, context.Cause(ctx)
	case time.Now().After(deadline):
		return false, fmt.Errorf("no decision within %s (%w): make the policy cheaper, or allow more with rego.WithTimeout", timeout, context.DeadlineExceeded)
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

// evaluationError says what failed, and where.
func evaluationError(err error) error {
	var e *topdown.Error
	if errors.As(err, &e) && e.Location != nil && e.Location.File != "" {
		return fmt.Errorf("%s:%d: %s: %s", e.Location.File, e.Location.Row, e.Code, e.Message)
	}
	return err
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
