// Package messages is what the notifier does: it is where requests end.
package messages

import (
	"context"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

//go:generate go tool kestgen

// Outbox sends messages to customers. Its journal is all that it sends to.
type Outbox struct{ Journal *journal.Journal }

// notify sends a message. The receipt has the passport that arrived here, with
// the entry of this call at its end.
//
//kest:verified policy=notifier/message source=internal resource=messages/{message.Order}
func (o *Outbox) notify(ctx context.Context, message shop.Message) (shop.Receipt, error) {
	o.Journal.Note(message.Order, "notify")
	return shop.Receipt{Order: message.Order, Result: "sent", Passport: kest.PassportFromContext(ctx)}, nil
}
