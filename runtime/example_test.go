package kest_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/kestgo/kest/examples/payments/payment"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

// exampleRuntime is what a program makes at its start, here with doubles for
// tests.
func exampleRuntime(engine kest.Engine) *kest.Runtime {
	rt, err := kest.New(kest.Config{
		Engine:   engine,
		Identity: kesttest.Identity("spiffe://test/payments"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return rt
}

// A program makes a runtime once and calls the wrappers that kestgen wrote.
func Example() {
	ctx := kest.NewContext(context.Background(), exampleRuntime(kesttest.Allow()))

	receipt, err := payment.ProcessPayment(ctx, "A-1001", 49.90)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(receipt.OrderID, "with a passport of", receipt.Passport.Len(), "entry")
	// Output: A-1001 with a passport of 1 entry
}

// A denial says which policy of which tier it was.
func ExampleDeniedError() {
	ctx := kest.NewContext(context.Background(), exampleRuntime(kesttest.Deny()))

	_, err := payment.ProcessPayment(ctx, "A-1001", 49.90)
	if denied, ok := errors.AsType[*kest.DeniedError](err); ok {
		fmt.Println(denied.Tier, denied.Policy)
	}
	fmt.Println(errors.Is(err, kest.ErrDenied))
	// Output:
	// function kest/allow_trusted
	// true
}

// A verifier needs the public keys of the workloads that it believes, and
// nothing else.
func ExampleVerifier() {
	ctx := kest.NewContext(context.Background(), exampleRuntime(kesttest.Allow()))
	receipt, err := payment.ReceiveInvoice(ctx, payment.Invoice{ID: "I-77", Creditor: "ACME", Amount: 1200})
	if err != nil {
		log.Fatal(err)
	}
	text, err := receipt.Passport.MarshalJSON() // stored, or sent to the auditor
	if err != nil {
		log.Fatal(err)
	}

	keys, err := kest.NewKeySet(kesttest.Key("spiffe://test/payments"))
	if err != nil {
		log.Fatal(err)
	}
	passport, err := kest.ParsePassport(text)
	if err != nil {
		log.Fatal(err)
	}
	verifier := kest.Verifier{Keys: keys, SingleRoot: true, Count: 3}
	fmt.Println(verifier.Verify(context.Background(), passport))

	verifier.Count = 4
	fmt.Println(verifier.Verify(context.Background(), passport))
	// Output:
	// <nil>
	// kest: passport fails the check "count": want 4 entries, got 3 entries
}

// Branches that ran side by side are joined, and the next call follows them all.
func ExampleJoinPassports() {
	ctx := kest.NewContext(context.Background(), exampleRuntime(kesttest.Allow()))
	left, err := payment.ProcessPayment(ctx, "A-1", 1)
	if err != nil {
		log.Fatal(err)
	}
	right, err := payment.ProcessPayment(ctx, "A-2", 2)
	if err != nil {
		log.Fatal(err)
	}
	ctx, err = kest.JoinPassports(ctx, left.Passport, right.Passport)
	if err != nil {
		log.Fatal(err)
	}
	both, err := payment.ProcessPayment(ctx, "A-3", 3)
	if err != nil {
		log.Fatal(err)
	}
	last, err := kest.DecodeEntry(both.Passport.Tokens()[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(both.Passport.Len(), "entries, the last with", len(last.ParentIDs), "parents")
	// Output: 3 entries, the last with 2 parents
}
