package rego

import (
	"context"

	"github.com/open-policy-agent/opa/v1/storage"
)

// noData is a store without any document. The evaluator asks it for what a
// policy reads under data that no rule defines.
type noData struct {
	storage.PolicyNotSupported
	storage.TriggersNotSupported
	storage.WritesNotSupported
}

var _ storage.Store = noData{}

func (noData) Read(_ context.Context, _ storage.Transaction, path storage.Path) (any, error) {
	return nil, &storage.Error{Code: storage.NotFoundErr, Message: path.String() + ": there are no data documents"}
}

func (noData) NewTransaction(context.Context, ...storage.TransactionParams) (storage.Transaction, error) {
	return nil, &storage.Error{Code: storage.InternalErr, Message: "there are no transactions"}
}

func (noData) Abort(context.Context, storage.Transaction) {}

func (noData) Commit(context.Context, storage.Transaction) error { return nil }

func (noData) Truncate(context.Context, storage.Transaction, storage.TransactionParams, storage.Iterator) error {
	return nil
}
