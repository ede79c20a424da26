// Package bookings is what the ledger does: it books orders, and has the notifier
// tell the customer. Its policies are evaluated by an OPA server beside it.
package bookings

import (
	"context"
	"fmt"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

//go:generate go tool kestgen

// A Notifier tells customers what became of their orders, in another process. Its
// receipt has the passport that arrived there.
type Notifier interface {
	Notify(context.Context, shop.Message) (shop.Receipt, error)
}

// A Gateway passes relays on, in another process.
type Gateway interface {
	Relay(context.Context, shop.Relay) (shop.Receipt, error)
}

// Book is the ledger's. All fields are required.
type Book struct {
	Notifier Notifier
	Gateway  Gateway
	Journal  *journal.Journal
}

// bookOrder charges the customer.
//
//kest:verified policy=ledger/booking source=internal resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (b *Book) bookOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	b.Journal.Note(order.ID, "bookOrder")
	return b.notify(ctx, order.ID, "booked")
}

// parkOrder puts an order that nobody has validated on the suspense account.
//
//kest:verified policy=ledger/parking source=third_party_api resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (b *Book) parkOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	b.Journal.Note(order.ID, "parkOrder")
	return b.notify(ctx, order.ID, "parked")
}

// priceOrder says what an order would cost. Nobody is told.
//
//kest:verified policy=kest/allow_trusted source=internal resource=orders/{order.ID}
//kest:verified attr.amount={order.Amount} attr.region={order.Region}
func (b *Book) priceOrder(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	b.Journal.Note(order.ID, "priceOrder")
	return shop.Receipt{Order: order.ID, Result: "quoted", Passport: kest.PassportFromContext(ctx)}, nil
}

// passBack hands a relay to the gateway again, or ends it.
//
//kest:verified policy=kest/allow_trusted source=internal resource=relays/{relay.ID} attr.hops={relay.Hops}
func (b *Book) passBack(ctx context.Context, relay shop.Relay) (shop.Receipt, error) {
	b.Journal.Note(relay.ID, "passBack")
	if relay.Hops > shop.MaxHops {
		return shop.Receipt{}, fmt.Errorf("%w: a relay of %d hops: %d at most", shop.ErrInvalid, relay.Hops, shop.MaxHops)
	}
	if relay.Hops <= 0 {
		return b.notify(ctx, relay.ID, "relayed")
	}
	relay.Hops--
	return b.Gateway.Relay(ctx, relay)
}

func (b *Book) notify(ctx context.Context, order, result string) (shop.Receipt, error) {
	receipt, err := b.Notifier.Notify(ctx, shop.Message{Order: order, Text: "Your order is " + result + "."})
	receipt.Result = result
	return receipt, err
}
