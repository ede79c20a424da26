package main

import (
	"strings"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
)

// TestDemonstration is what make mesh prints.
func TestDemonstration(t *testing.T) {
	m := start(t)
	var out strings.Builder
	if err := demonstrate(t.Context(), &out, m.Mesh); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ") // columns may move
	for _, line := range []string{
		"OPERATION PRINCIPAL USER TRUST TAINTS DEVIATIONS",
		"Desk.placeOrder spiffe://mesh.example/gateway alice 40 unvalidated -",
		"Outbox.notify spiffe://mesh.example/notifier alice 40 sanitized -",
		"2. The same user orders for 5000. The ledger denies that, and the notifier is never asked. 403",
		"Outbox.notify spiffe://mesh.example/notifier root 40 sanitized -",
		"Book.parkOrder spiffe://mesh.example/ledger alice 6 unvalidated mesh/residency",
		"Desk.approveOrder spiffe://mesh.example/gateway root 95 - -",
		"relayed; the passport verifies.",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("it does not print %q:\n%s", line, out.String())
		}
	}
}

// TestDemonstrationFails: without a mesh there is an error, and no table.
func TestDemonstrationFails(t *testing.T) {
	var out strings.Builder
	if err := demonstrate(t.Context(), &out, &launch.Mesh{Issuer: "http://127.0.0.1:1"}); err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out.String())
	}
}
