package rego

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// documents is the store of the data documents: one object that nothing changes,
// so there are no transactions. The evaluator asks it for what a policy reads
// under data that no rule defines. OPA's own in-memory store, made for writers,
// needs a lock and a transaction for each evaluation.
type documents struct {
	storage.PolicyNotSupported
	storage.TriggersNotSupported
	storage.WritesNotSupported

	root ast.Object
}

var (
	_ storage.Store     = documents{}
	_ topdown.BaseCache = documents{}
)

// errNoDocument makes a reference undefined. It is one value, since policies ask
// at every call for what may not be there.
var errNoDocument = &storage.Error{Code: storage.NotFoundErr, Message: "there is no such data document"}

// Get is for the evaluator to look here before it makes a path for Read of the
// reference. What is in memory already needs no cache, so Put does nothing.
func (d documents) Get(ref ast.Ref) ast.Value {
	if len(ref) < 2 { // of all data the evaluator takes what Read gives, and removes data.system
		return nil
	}
	value, err := d.root.Find(ref[1:])
	if err != nil {
		return nil
	}
	return value
}

// Put does nothing.
func (documents) Put(ast.Ref, ast.Value) {}

// Read returns the value at a path, as an [ast.Value].
func (d documents) Read(_ context.Context, _ storage.Transaction, path storage.Path) (any, error) {
	var value ast.Value = d.root
	for _, name := range path {
		term := element(value, name)
		if term == nil {
			return nil, errNoDocument
		}
		value = term.Value
	}
	return value, nil
}

// element is one step of a path: a member of an object, or an index into an array,
// which OPA takes as text, too.
func element(value ast.Value, name string) *ast.Term {
	switch value := value.(type) {
	case ast.Object:
		return value.Get(ast.InternedTerm(name))
	case *ast.Array:
		if i, ok := util.Atoi(name); ok && i >= 0 && i < value.Len() {
			return value.Elem(i)
		}
	}
	return nil
}

// errReadOnly is for what other stores can do. The evaluator asks for none of it.
var errReadOnly = &storage.Error{Code: storage.InternalErr, Message: "data documents do not change"}

// NewTransaction fails, since nothing changes.
func (documents) NewTransaction(context.Context, ...storage.TransactionParams) (storage.Transaction, error) {
	return nil, errReadOnly
}

// Abort does nothing: there is no transaction.
func (documents) Abort(context.Context, storage.Transaction) {}

// Commit fails.
func (documents) Commit(context.Context, storage.Transaction) error { return errReadOnly }

// Truncate fails.
func (documents) Truncate(context.Context, storage.Transaction, storage.TransactionParams, storage.Iterator) error {
	return errReadOnly
}
