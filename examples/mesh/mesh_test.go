package main

import (
	"slices"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

// TestMesh sends requests through the mesh as users do. The names of the cases are
// those of the public acceptance list; TestHostile has the others.
func TestMesh(t *testing.T) {
	m := start(t)
	for _, test := range []struct {
		name string
		run  func(*mesh)
	}{
		{"root entry", (*mesh).testRoot},
		{"two hops", (*mesh).testTwoHops},
		{"three hops", (*mesh).testThreeHops},
		{"taint propagation", (*mesh).testTaints},
		{"trust degradation from internet", (*mesh).testTrust},
		{"denial at hop 2 blocks hop 3", (*mesh).testDenial},
		{"custom source", (*mesh).testCustomSource},
		{"sanitization", (*mesh).testSanitization},
		{"override", (*mesh).testOverride},
		{"enterprise before function", (*mesh).testTiers},
		{"deviation recorded", (*mesh).testDeviation},
		{"identity and resource attributes recorded", (*mesh).testIdentity},
		{"claim check with 30 hops", (*mesh).testClaimCheck},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(m.with(t)) })
	}
}

func order(id string, amount float64) shop.Order {
	return shop.Order{ID: id, Amount: amount, Region: "eu"}
}

// chained says that each entry's parent is the one before it, in one trace.
func (m *mesh) chained(entries []*kest.Entry, tokens []string) {
	m.t.Helper()
	for i, entry := range entries {
		want := "0"
		if i > 0 {
			want = kest.Hash(tokens[i-1])
		}
		if !slices.Equal(entry.ParentIDs, []string{want}) {
			m.t.Errorf("entry %d has the parents %q, want %s", i, entry.ParentIDs, want)
		}
		if entry.Labels[kest.LabelTraceID] != entries[0].Labels[kest.LabelTraceID] {
			m.t.Errorf("entry %d is in another trace than the first", i)
		}
	}
}

func (m *mesh) testRoot() {
	answer := m.send(request(m, "/orders/"+m.id("T-root"), nil))
	entries := m.entries(answer, 1)
	m.chained(entries, answer.Receipt.Passport.Tokens())
	if got := entries[0]; !got.IsRoot() || got.Principal() != shop.Gateway || got.Operation != "Desk.lookUpOrder" || got.TrustScore != 100 {
		m.t.Errorf("got %+v", got)
	}
	m.ran(m.id("T-root"), []string{"lookUpOrder"}, nil, nil)
}

func (m *mesh) testTwoHops() {
	answer := m.send(request(m, "/quotes", order(m.id("T-two"), 20)))
	entries := m.entries(answer, 2)
	m.chained(entries, answer.Receipt.Passport.Tokens())
	if got, want := principals(entries), []string{shop.Gateway, shop.Ledger}; !slices.Equal(got, want) {
		m.t.Errorf("signed by %q, want %q", got, want)
	}
	m.ran(m.id("T-two"), []string{"quoteOrder"}, []string{"priceOrder"}, nil)
}

func (m *mesh) testThreeHops() {
	answer := m.send(request(m, "/partner-orders", order(m.id("T-three"), 20)))
	entries := m.entries(answer, 3)
	m.chained(entries, answer.Receipt.Passport.Tokens())
	if got, want := principals(entries), []string{shop.Gateway, shop.Ledger, shop.Notifier}; !slices.Equal(got, want) {
		m.t.Errorf("signed by %q, want %q", got, want)
	}
	m.ran(m.id("T-three"), []string{"placePartnerOrder"}, []string{"bookOrder"}, []string{"notify"})
}

func (m *mesh) testTaints() {
	parked := order(m.id("T-taint"), 20)
	parked.Handling = shop.HandlingPark
	entries := m.allowed(launch.User, "/imports", parked, 3)
	if got := entries[0].AddedTaints; !slices.Equal(got, []string{"unvalidated"}) {
		m.t.Errorf("the gateway added %q", got)
	}
	for i, entry := range entries {
		if !slices.Equal(entry.Taints, []string{"unvalidated"}) {
			m.t.Errorf("entry %d has the taints %q, want unvalidated", i, entry.Taints)
		}
		if i > 0 && len(entry.AddedTaints) > 0 {
			m.t.Errorf("entry %d added %q", i, entry.AddedTaints)
		}
	}
}

// testTrust: internet is 10; the ledger's third_party_api takes 60 % of that, and
// the notifier's internal all of it. What asks for 40 is denied.
func (m *mesh) testTrust() {
	parked := order(m.id("T-trust"), 20)
	parked.Handling = shop.HandlingPark
	entries := m.allowed(launch.User, "/imports", parked, 3)
	if got := trusts(entries); !slices.Equal(got, []int{10, 6, 6}) {
		m.t.Errorf("the trust scores are %d, want 10, 6, 6", got)
	}
	m.refused(m.ask(launch.User, "/imports", order(m.id("T-trust-2"), 20)), 403, "urn:kest:problem:denied")
	m.ran(m.id("T-trust-2"), []string{"importOrder"}, nil, nil)
}

func (m *mesh) testDenial() {
	answer := m.ask(launch.User, "/orders", order(m.id("T-denied"), 5000))
	m.refused(answer, 403, "urn:kest:problem:denied")
	m.ran(m.id("T-denied"), []string{"placeOrder", "validateOrder"}, nil, nil)
	got, err := m.denial("ledger", answer.Problem.EntryID)
	if want := (denial{answer.Problem.EntryID, "Book.bookOrder", "ledger/booking", "function"}); err != nil || got != want {
		m.t.Errorf("the ledger's log has %+v, %v: want %+v", got, err, want)
	}
	// An administrator's goes all the way.
	m.allowed(launch.Administrator, "/orders", order(m.id("T-admin"), 5000), 4)
	m.ran(m.id("T-admin"), []string{"placeOrder", "validateOrder"}, []string{"bookOrder"}, []string{"notify"})
}

// testCustomSource: partner_feed is 70 because kest.yaml says so. Whoever does not
// know it cannot verify the passport.
func (m *mesh) testCustomSource() {
	answer := m.ask(launch.User, "/partner-orders", order(m.id("T-partner"), 20))
	entries := m.entries(answer, 3)
	if got := trusts(entries); !slices.Equal(got, []int{70, 70, 70}) {
		m.t.Errorf("the trust scores are %d, want 70, 70, 70", got)
	}
	if got := entries[0].Labels[kest.LabelSourceType]; got != "partner_feed" {
		m.t.Errorf("the source is %q", got)
	}
	verifier := m.Verifier()
	verifier.Origins = nil
	if err := verifier.Verify(m.t.Context(), answer.Receipt.Passport); err == nil {
		m.t.Error("a verifier that does not know the origin believes its score")
	}
}

func (m *mesh) testSanitization() {
	entries := m.allowed(launch.User, "/orders", order(m.id("T-sane"), 20), 4)
	if got := entries[0].Taints; !slices.Equal(got, []string{"unvalidated"}) {
		m.t.Errorf("the order arrives with the taints %q", got)
	}
	sanitizer := entries[1]
	if sanitizer.Classification != "sanitizer" || !slices.Equal(sanitizer.RemovedTaints, []string{"unvalidated"}) {
		m.t.Errorf("the sanitizer is %s and removed %q", sanitizer.Classification, sanitizer.RemovedTaints)
	}
	for _, entry := range entries[1:] {
		if !slices.Equal(entry.Taints, []string{"sanitized"}) {
			m.t.Errorf("%s has the taints %q, want sanitized", entry.Operation, entry.Taints)
		}
	}
	// What it does not find in order goes no further.
	m.refused(m.ask(launch.User, "/orders", order(m.id("T-insane"), 2e6)), 422, "urn:mesh:problem:order")
	m.ran(m.id("T-insane"), []string{"placeOrder", "validateOrder"}, nil, nil)
}

func (m *mesh) testOverride() {
	approved := order(m.id("T-override"), 20)
	approved.Handling = shop.HandlingApprove
	entries := m.allowed(launch.Administrator, "/imports", approved, 4)
	if got := trusts(entries); !slices.Equal(got, []int{10, 95, 95, 95}) {
		m.t.Errorf("the trust scores are %d, want 10, 95, 95, 95", got)
	}
	if got := entries[1].Labels[kest.LabelTrustOverride]; got != "95" {
		m.t.Errorf("the override is recorded as %q", got)
	}
	// It takes an administrator.
	approved.ID = m.id("T-override-2")
	m.refused(m.ask(launch.User, "/imports", approved), 403, "urn:kest:problem:denied")
	m.ran(m.id("T-override-2"), []string{"importOrder"}, nil, nil)
}
