// Command payments shows Kest at work on a small payment service, with the
// policies evaluated in this process: a payment that is allowed, one that is
// denied, and one through three nested hooks. It prints the passport of the
// last one, verifies it, alters one byte and shows that the verifier notices.
// The passport and the public key are written to files for the command kest.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/kestgo/kest/examples/payments/payment"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/identity/local"
)

//go:embed policies
var policies embed.FS

func main() {
	out := flag.String("out", ".", "folder for passport.json and keys.jwks")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *out); err != nil {
		fmt.Fprintln(os.Stderr, "payments:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, out string) error {
	identity, err := local.New(local.WithWorkloadID("spiffe://example.org/payments"))
	if err != nil {
		return err
	}
	modules, err := fs.Sub(policies, "policies")
	if err != nil {
		return err
	}
	engine, err := rego.Load(modules)
	if err != nil {
		return err
	}
	rt, err := kest.New(kest.Config{Engine: engine, Identity: identity})
	if err != nil {
		return err
	}
	ctx = kest.NewContext(ctx, rt)

	if err := allowed(ctx, w); err != nil {
		return err
	}
	if err := denied(ctx, w); err != nil {
		return err
	}
	receipt, err := nested(ctx, w)
	if err != nil {
		return err
	}
	signer, err := identity.Signer(ctx)
	if err != nil {
		return err
	}
	keys, err := kest.NewKeySet(signer.Key())
	if err != nil {
		return err
	}
	if err := audit(ctx, w, receipt.Passport, keys); err != nil {
		return err
	}
	return write(w, out, receipt.Passport, keys)
}

func allowed(ctx context.Context, w io.Writer) error {
	receipt, err := payment.ProcessPayment(ctx, "A-1001", 49.90)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "1. ProcessPayment, source internal: allowed, %.2f charged for order %s\n", receipt.Amount, receipt.OrderID)
	return nil
}

func denied(ctx context.Context, w io.Writer) error {
	_, err := payment.ImportPayment(ctx, "A-1002", 49.90)
	denial, ok := errors.AsType[*kest.DeniedError](err)
	if !ok {
		return fmt.Errorf("the payment from the internet was not denied: %w", err)
	}
	fmt.Fprintf(w, "2. ImportPayment, source internet: denied by the %s policy %s, nothing charged\n", denial.Tier, denial.Policy)
	return nil
}

func nested(ctx context.Context, w io.Writer) (payment.Receipt, error) {
	invoice := payment.Invoice{ID: "I-77", Creditor: "ACME", Amount: 1200, Approver: "alice"}
	receipt, err := payment.ReceiveInvoice(ctx, invoice)
	if err != nil {
		return receipt, err
	}
	fmt.Fprintf(w, "3. ReceiveInvoice → ValidateInvoice → SettleInvoice: allowed, %.2f paid for invoice %s\n", receipt.Amount, receipt.OrderID)
	return receipt, nil
}
