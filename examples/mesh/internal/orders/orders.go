// Package orders is what the gateway does: it takes orders, and has the ledger book
// them. Each way in has an origin of its own, and with it the trust that the rest
// of the mesh goes by.
package orders

import (
	"context"
	"fmt"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

//go:generate go tool kestgen

// A Ledger books orders, in another process.
type Ledger interface {
	Book(context.Context, shop.Order) (shop.Receipt, error)
	Park(context.Context, shop.Order) (shop.Receipt, error)
	Price(context.Context, shop.Order) (shop.Receipt, error)
	Relay(context.Context, shop.Relay) (shop.Receipt, error)
}

// Desk takes orders. All fields are required.
type Desk struct {
	Ledger  Ledger
	Journal *journal.Journal
}

// lookUpOrder answers from what the gateway has: nothing else is called.
//
//kest:verified policy=kest/allow_trusted source=internal resource=orders/{id}
func (d *Desk) lookUpOrder(ctx context.Context, id string) (shop.Receipt, error) {
	d.Journal.Note(id, "lookUpOrder")
	return shop.Receipt{Order: id, Result: "found", Passport: kest.PassportFromContext(ctx)}, nil
}

// quoteOrder asks the ledger for a price.
//
//kest:verified policy=kest/allow_trusted source=user_input resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) quoteOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "quoteOrder")
	return d.Ledger.Price(ctx, order)
}

// placeOrder takes an order from a person, tainted until it is validated.
//
//kest:verified policy=gateway/intake source=user_input taints=unvalidated resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) placeOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "placeOrder")
	return d.ValidateOrder(ctx, order)
}

// validateOrder looks at every field, and may therefore take the taint away. The
// trust stays what it was.
//
//kest:verified policy=gateway/intake classification=sanitizer untaints=unvalidated resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) validateOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "validateOrder")
	if order.ID == "" || order.Amount > 1e6 {
		return shop.Receipt{}, fmt.Errorf("%w: it has no id, or is for more than a million", shop.ErrInvalid)
	}
	return d.Ledger.Book(ctx, order)
}

// placePartnerOrder takes an order from the partner's own system, an origin that
// kest.yaml registers.
//
//kest:verified policy=gateway/intake source=partner_feed resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) placePartnerOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "placePartnerOrder")
	return d.Ledger.Book(ctx, order)
}

// importOrder takes what somebody found on the internet. It can be parked, or an
// administrator approves it; the ledger does not book it as it is.
//
//kest:verified policy=gateway/intake source=internet taints=unvalidated resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) importOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "importOrder")
	switch order.Handling {
	case shop.HandlingPark:
		return d.Ledger.Park(ctx, order)
	case shop.HandlingApprove:
		return d.ApproveOrder(ctx, order)
	}
	return d.Ledger.Book(ctx, order)
}

// approveOrder is a person's word for an import: it sets the trust.
//
//kest:verified policy=gateway/approval trust=95 untaints=unvalidated resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (d *Desk) approveOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	d.Journal.Note(order.ID, "approveOrder")
	return d.Ledger.Book(ctx, order)
}

// passOn hands a relay to the ledger.
//
//kest:verified policy=kest/allow_trusted source=internal resource=relays/{relay.ID} attr.hops={relay.Hops}
func (d *Desk) passOn(ctx context.Context, relay shop.Relay) (shop.Receipt, error) {
	d.Journal.Note(relay.ID, "passOn")
	return d.Ledger.Relay(ctx, relay)
}
