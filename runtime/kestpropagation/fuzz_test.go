package kestpropagation_test

import (
	"errors"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// FuzzReceive: whatever stands in the headers, the answer is a lineage that
// verifies or an error that matches ErrLineage.
func FuzzReceive(f *testing.F) {
	p := newPropagator(f, func(c *kestpropagation.Config) { c.Cache, c.MaxPassport = newCache(f), 1<<16 })
	for _, hops := range []int{0, 1, 4, 30} {
		carrier := sentBy(f, p, service(f, gateway), hops)
		f.Add(carrier.Get("baggage"), carrier.Get("kest-lineage"))
	}
	f.Add("kest.passport_z=eNqLjgUAARUAuQ,a=b;c", "1")
	f.Add("kest.claim_check=kest.claim.7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11", "")
	f.Add(" a = %C3%A9 ;p, ,kest.user=x", "failed")
	ctx, v := service(f, ledger), verifier(f)
	f.Fuzz(func(t *testing.T, text, mark string) {
		carrier := headers()
		carrier.Set("baggage", text)
		carrier.Set("kest-lineage", mark)
		received, err := p.Receive(ctx, carrier)
		if err != nil {
			if received != nil || !errors.Is(err, kest.ErrLineage) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if kest.User(received) != "" {
			t.Fatal("a user was believed")
		}
		if err := v.Verify(t.Context(), kest.PassportFromContext(received)); err != nil {
			t.Fatal(err)
		}
		// What is sent on can be read again.
		sent := headers()
		if err := p.Send(received, sent); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Receive(ctx, sent); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzReceiveBack: whatever an answer brings, it is a lineage that verifies, none,
// or an error that matches ErrLineage.
func FuzzReceiveBack(f *testing.F) {
	p := newPropagator(f, func(c *kestpropagation.Config) { c.Cache, c.MaxPassport = newCache(f), 1<<16 })
	for _, hops := range []int{0, 1, 4, 30} {
		carrier := headers()
		ctx := chain(f, service(f, gateway), hops)
		check(f, p.SendBack(ctx, kest.PassportFromContext(ctx), carrier))
		f.Add(carrier.Get("kest-tip"), carrier.Get("kest-passport"))
	}
	f.Add("0", "kest.passport=[]")
	f.Add(",", "kest.claim_check=7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11;p")
	ctx, v := service(f, ledger), verifier(f)
	f.Fuzz(func(t *testing.T, tip, passport string) {
		carrier := headers()
		carrier.Set("kest-tip", tip)
		carrier.Set("kest-passport", passport)
		answer, found, err := p.ReceiveBack(ctx, carrier)
		switch {
		case err != nil:
			if answer != nil || found || !errors.Is(err, kest.ErrLineage) {
				t.Fatalf("got %t, %v", found, err)
			}
		case !found:
			if tip != "" || passport != "" || answer != ctx {
				t.Fatal("something came, and nothing was found")
			}
		default:
			if err := v.Verify(t.Context(), kest.PassportFromContext(answer)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
