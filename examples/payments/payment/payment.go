// Package payment is an example of a service whose sensitive functions are
// behind Kest hooks: what is annotated below is unexported, and callers use the
// wrappers that kestgen writes into payment_kest.go.
package payment

import (
	"context"
	"errors"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
)

//go:generate go tool kestgen

// Invoice is what somebody outside asks us to pay.
type Invoice struct {
	ID       string  `json:"id"`
	Creditor string  `json:"creditor"`
	Amount   float64 `json:"amount"`
	Approver string  `json:"approver,omitempty"`
}

// Receipt says what was paid, with the passport that proves how it came to it.
type Receipt struct {
	OrderID  string         `json:"order_id"`
	Amount   float64        `json:"amount"`
	Passport *kest.Passport `json:"-"`
}

// processPayment charges an order.
//
//kest:verified policy=kest/allow_trusted source=internal resource=orders/{orderID} attr.amount={amount}
func processPayment(ctx context.Context, orderID string, amount float64) (Receipt, error) {
	return Receipt{OrderID: orderID, Amount: amount, Passport: kest.PassportFromContext(ctx)}, nil
}

// importPayment charges an order that came in over the open internet. Its origin
// scores 10, so a policy that asks for 40 denies it.
//
//kest:verified policy=kest/allow_trusted source=internet resource=orders/{orderID} attr.amount={amount}
func importPayment(ctx context.Context, orderID string, amount float64) (Receipt, error) {
	return Receipt{OrderID: orderID, Amount: amount, Passport: kest.PassportFromContext(ctx)}, nil
}

// receiveInvoice takes an invoice from a user. Until somebody has looked at it,
// it is tainted, and so is everything that is called with it.
//
//kest:verified policy=kest/allow_trusted source=user_input taints=unvalidated resource=invoices/{invoice.ID}
func receiveInvoice(ctx context.Context, invoice Invoice) (Receipt, error) {
	return ValidateInvoice(ctx, invoice)
}

// validateInvoice checks an invoice and may therefore take the taint away and
// raise the trust.
//
//kest:verified policy=kest/allow_trusted classification=sanitizer untaints=unvalidated trust=90
//kest:verified resource=invoices/{invoice.ID}
func validateInvoice(ctx context.Context, invoice Invoice) (Receipt, error) {
	switch {
	case invoice.Creditor == "":
		return Receipt{}, errors.New("the invoice names no creditor")
	case invoice.Amount <= 0:
		return Receipt{}, fmt.Errorf("the invoice asks for %v", invoice.Amount)
	}
	return SettleInvoice(ctx, invoice)
}

// settleInvoice pays an invoice on behalf of who approved it.
//
//kest:verified policy=kest/allow_trusted,payments/settlement source=internal
//kest:verified user={invoice.Approver} resource=invoices/{invoice.ID} attr.amount={invoice.Amount}
func settleInvoice(ctx context.Context, invoice Invoice) (Receipt, error) {
	return Receipt{OrderID: invoice.ID, Amount: invoice.Amount, Passport: kest.PassportFromContext(ctx)}, nil
}
