package rego

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	opa "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/kestgo/kest/runtime/engine/internal/conformance"
)

const (
	quickStartModule = "package kest.allow_trusted\ndefault allow = false\nallow { input.trust_score >= 40 }\n"
	tableModule      = "package kest.table\nallow { input.object.attributes.amount <= data.limits[input.subject.user].amount }\n"
	tableData        = `{"limits":{"alice":{"amount":20},"bob":{"amount":30}}}`
)

// benchInput has every member, and a deviation: it is larger than most.
var benchInput = conformance.Input()

// BenchmarkPaths compares the ways that OPA offers to evaluate one policy over one
// input, what each makes of the input included.
func BenchmarkPaths(b *testing.B) {
	for _, policy := range []struct{ name, module string }{{"kest/allow_trusted", quickStartModule}, {"kest/table", tableModule}} {
		engine, err := build(&sources{
			modules: []file{{path: "a.rego", text: policy.module}}, data: []file{{path: "data.json", text: tableData}},
		}, &settings{timeout: DefaultTimeout})
		if err != nil {
			b.Fatal(err)
		}
		for _, path := range []struct {
			name     string
			evaluate func() (bool, error)
		}{
			{"PreparedEvalQuery, EvalInput", preparedWithInput(b, policy.name, policy.module)},
			{"PreparedEvalQuery, EvalParsedInput", preparedWithParsed(b, policy.name, policy.module)},
			{"topdown, JSON input, inmem store", topdownWithJSON(b, engine.policies[policy.name], true)},
			{"topdown, JSON input, own store", topdownWithJSON(b, engine.policies[policy.name], false)},
			{"topdown, own input, inmem store", topdownWithInmem(b, engine.policies[policy.name])},
			{"this package", func() (bool, error) { return engine.Evaluate(b.Context(), policy.name, benchInput) }},
		} {
			b.Run(policy.name+"/"+path.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if ok, err := path.evaluate(); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}

// astStore is OPA's in-memory store, with values as the evaluator needs them.
func astStore(b *testing.B) storage.Store {
	b.Helper()
	var data map[string]any
	if err := util.UnmarshalJSON([]byte(tableData), &data); err != nil {
		b.Fatal(err)
	}
	return inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
}

func prepared(b *testing.B, policy, module string) opa.PreparedEvalQuery {
	b.Helper()
	query, err := opa.New(opa.Query(dataPath(policy)+".allow"), opa.SetRegoVersion(ast.RegoV0), opa.Module("a.rego", module),
		opa.Store(astStore(b)), opa.StrictBuiltinErrors(true)).PrepareForEval(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return query
}

// preparedWithInput gives a value of Go, as most programs do.
func preparedWithInput(b *testing.B, policy, module string) func() (bool, error) {
	query := prepared(b, policy, module)
	return func() (bool, error) {
		text, err := benchInput.AppendJSON(nil)
		if err != nil {
			return false, err
		}
		var input any
		if err := util.UnmarshalJSON(text, &input); err != nil {
			return false, err
		}
		result, err := query.Eval(b.Context(), opa.EvalInput(input))
		return result.Allowed(), err
	}
}

// preparedWithParsed gives the value that this package makes.
func preparedWithParsed(b *testing.B, policy, module string) func() (bool, error) {
	query := prepared(b, policy, module)
	return func() (bool, error) {
		input, err := inputValue(benchInput)
		if err != nil {
			return false, err
		}
		result, err := query.Eval(b.Context(), opa.EvalParsedInput(input))
		return result.Allowed(), err
	}
}

// topdownWithJSON parses the document that a server would get.
func topdownWithJSON(b *testing.B, q *query, inmemory bool) func() (bool, error) {
	in := inmemEvaluation(b, q)
	return func() (bool, error) {
		text, err := benchInput.AppendJSON(nil)
		if err != nil {
			return false, err
		}
		input, err := objectTerm(text)
		if err != nil {
			return false, err
		}
		if inmemory {
			return in(input.Value)
		}
		return q.decide(b.Context(), input.Value, DefaultTimeout)
	}
}

func topdownWithInmem(b *testing.B, q *query) func() (bool, error) {
	in := inmemEvaluation(b, q)
	return func() (bool, error) {
		input, err := inputValue(benchInput)
		if err != nil {
			return false, err
		}
		return in(input)
	}
}

// inmemEvaluation is decide with OPA's store and a transaction for each evaluation.
func inmemEvaluation(b *testing.B, q *query) func(ast.Value) (bool, error) {
	store := astStore(b)
	return func(input ast.Value) (allowed bool, err error) {
		txn, err := store.NewTransaction(b.Context())
		if err != nil {
			return false, err
		}
		defer store.Abort(b.Context(), txn)
		err = topdown.NewQuery(q.body).WithQueryCompiler(q.queries).WithCompiler(q.compiler).WithStore(store).WithTransaction(txn).
			WithMetrics(metrics.NoOp()).WithStrictBuiltinErrors(true).WithInput(ast.NewTerm(input)).
			Iter(b.Context(), func(result topdown.QueryResult) error {
				allowed = result[decision].Equal(ast.InternedBooleanTrue)
				return nil
			})
		return allowed, err
	}
}
