// Package payment is the function that the benchmarks call: the one of the
// README, with an empty body.
package payment

import (
	"context"

	kest "github.com/kestgo/kest/runtime"
)

//go:generate go tool kestgen

// Receipt is what charge returns.
type Receipt struct {
	OrderID string  `json:"order_id"`
	Amount  float64 `json:"amount"`
	// Context is the one that the function got.
	Context context.Context `json:"-"`
}

// charge does nothing.
//
//kest:verified policy=kest/allow_trusted source=internal resource=orders/{orderID} attr.amount={amount}
func charge(ctx context.Context, orderID string, amount float64) (Receipt, error) {
	return Receipt{OrderID: orderID, Amount: amount, Context: ctx}, nil
}

// descend gives the context that its function runs in, for benchmarks at depth.
//
//kest:verified policy=kest/allow_trusted source=internal
func descend(ctx context.Context, into *Depth) error {
	into.Context = ctx
	return nil
}

// Depth receives the context of a call.
type Depth struct {
	Context context.Context `json:"-"`
}

// Passport is the passport of a chain of calls of this length.
func Passport(ctx context.Context, length int) (*kest.Passport, context.Context, error) {
	for range length {
		var into Depth
		if err := Descend(ctx, &into); err != nil {
			return nil, nil, err
		}
		ctx = into.Context
	}
	return kest.PassportFromContext(ctx), ctx, nil
}
