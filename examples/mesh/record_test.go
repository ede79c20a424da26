package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/examples/mesh/internal/customer"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

// request is an ordinary user's, to the gateway.
func request(m *mesh, path string, body any) customer.Request {
	return customer.Request{URL: m.Gateway + path, Token: m.tokens[launch.User], Body: body}
}

// testTiers sends what both the enterprise's and the function's policy deny, and
// what only one of them does: in process at the gateway, and by OPA at the ledger.
func (m *mesh) testTiers() {
	for _, test := range []struct {
		id, region           string
		amount               float64
		policy, tier, opaToo string
	}{
		{m.id("T-tier-both"), "us", -1, "mesh/residency", "enterprise", "mesh/residency"},
		{m.id("T-tier-enterprise"), "us", 20, "mesh/residency", "enterprise", "mesh/residency"},
		{m.id("T-tier-function"), "eu", -1, "gateway/intake", "function", "ledger/booking"},
	} {
		body := shop.Order{ID: test.id, Amount: test.amount, Region: test.region}
		for _, service := range []struct{ name, url, policy string }{
			{"gateway", m.Gateway + "/orders", test.policy},
			{"ledger", m.Ledger + "/bookings", test.opaToo},
		} {
			answer := m.send(customer.Request{URL: service.url, Token: m.tokens[launch.User], Body: body})
			m.refused(answer, 403, "urn:kest:problem:denied")
			got, err := m.denial(service.name, answer.Problem.EntryID)
			if err != nil || got.Policy != service.policy || got.Tier != test.tier {
				m.t.Errorf("%s: %s: denied by %+v, %v: want %s of the tier %s", test.id, service.name, got, err, service.policy, test.tier)
			}
		}
		m.ran(test.id, nil, nil, nil)
	}
	// What is allowed has all of them in its entry, in the tiers' order.
	for _, entry := range m.allowed(launch.User, "/partner-orders", order(m.id("T-tier"), 20), 3) {
		policies := entry.PolicyContext
		if !slices.Equal(policies.EnterprisePolicies, []string{"mesh/residency"}) ||
			!slices.Equal(policies.PlatformPolicies, []string{"mesh/known_user"}) || len(policies.FunctionPolicies) != 1 {
			m.t.Errorf("%s: the policies are %+v", entry.Operation, policies)
		}
	}
}

func (m *mesh) testDeviation() {
	parked := shop.Order{ID: m.id("T-deviation"), Amount: 20, Region: "us", Handling: shop.HandlingPark}
	entries := m.allowed(launch.User, "/imports", parked, 3)
	for i, want := range []string{
		"ticket 4711: imports of other regions are let in, to wait",
		"ticket 4711: they wait on the suspense account",
	} {
		policies := entries[i].PolicyContext
		deviation := kest.Deviation{Policy: "mesh/residency", Tier: kest.TierEnterprise, Reason: want, Approver: "ciso@mesh.example"}
		if !slices.Equal(policies.Deviations, []kest.Deviation{deviation}) {
			m.t.Errorf("%s has the deviations %+v, want %+v", entries[i].Operation, policies.Deviations, deviation)
		}
		if len(policies.EnterprisePolicies) > 0 {
			m.t.Errorf("%s says that %q were evaluated", entries[i].Operation, policies.EnterprisePolicies)
		}
	}
	if got := entries[2].PolicyContext.Deviations; len(got) > 0 {
		m.t.Errorf("%s has the deviations %+v, and none is for it", entries[2].Operation, got)
	}
	// It is for these two operations: to book the same order is denied.
	parked.ID, parked.Handling = m.id("T-deviation-2"), ""
	m.refused(m.ask(launch.User, "/imports", parked), 403, "urn:kest:problem:denied")
	m.ran(m.id("T-deviation-2"), []string{"importOrder"}, nil, nil)
}

// testIdentity: the token tells the gateway and the ledger, and the ledger's
// certificate has the notifier believe it.
func (m *mesh) testIdentity() {
	entries := m.allowed(launch.User, "/partner-orders", order(m.id("T-identity"), 20.5), 3)
	wantAttributes := map[string]any{"amount": 20.5, "region": "eu"}
	for i, entry := range entries {
		got, err := identityOf(entry)
		if want := (identity{User: launch.User, Agent: launch.Client, Task: launch.Scope}); err != nil || got != want {
			m.t.Errorf("%s ran on behalf of %+v, %v: want %+v", entry.Operation, got, err, want)
		}
		wantID := "orders/" + m.id("T-identity")
		if entry.Principal() == shop.Notifier {
			wantID = "messages/" + m.id("T-identity")
		}
		if id := entry.Labels[kest.LabelResourceID]; id != wantID {
			m.t.Errorf("%s is about %q, want %q", entry.Operation, id, wantID)
		}
		if i == 2 {
			continue // a message has no attributes
		}
		var attributes map[string]any
		if err := json.Unmarshal([]byte(entry.Labels[kest.LabelResourceAttr]), &attributes); err != nil || !reflect.DeepEqual(attributes, wantAttributes) {
			m.t.Errorf("%s has the attributes %v, %v: want %v", entry.Operation, attributes, err, wantAttributes)
		}
	}
}

// testClaimCheck: 31 entries are more than any header takes.
func (m *mesh) testClaimCheck() {
	redis := goredis.NewClient(&goredis.Options{Addr: m.Redis})
	m.t.Cleanup(func() { _ = redis.Close() })
	before := m.claims(redis)
	answer := m.send(request(m, "/relays", shop.Relay{ID: m.id("T-relay"), Hops: 14}))
	entries := m.entries(answer, 31)
	m.chained(entries, answer.Receipt.Passport.Tokens())
	for i, entry := range entries[:30] {
		if want := []string{shop.Gateway, shop.Ledger}[i%2]; entry.Principal() != want {
			m.t.Errorf("entry %d is signed by %s, want %s", i, entry.Principal(), want)
		}
	}
	if entries[30].Principal() != shop.Notifier {
		m.t.Errorf("the last entry is signed by %s", entries[30].Principal())
	}
	claims := m.claims(redis)
	if len(claims) <= len(before) {
		m.t.Errorf("Redis had %d claim checks, and has %d", len(before), len(claims))
	}
	for _, claim := range claims {
		if ttl, err := redis.PTTL(m.t.Context(), claim).Result(); err != nil || ttl <= 0 {
			m.t.Errorf("%s never expires: %v, %v", claim, ttl, err)
		}
	}
	// A relay is not for ever: the ledger's word comes back as it is.
	m.refused(m.ask(launch.User, "/relays", shop.Relay{ID: m.id("T-long"), Hops: shop.MaxHops + 1}), 422, "urn:mesh:problem:order")
	// One that was made up is no lineage, and no root.
	forged := request(m, "/partner-orders", order(m.id("T-claim"), 20))
	forged.Header = header(entries[0].Labels[kest.LabelTraceID], "kest.claim_check=8a1f8b1e-8c0b-4b0e-9f5e-0d8f3c6a7b11")
	m.refused(m.send(forged), 403, "urn:kest:problem:lineage-invalid")
	m.ran(m.id("T-claim"), nil, nil, nil)
}

func (m *mesh) claims(redis *goredis.Client) []string {
	m.t.Helper()
	claims, err := redis.Keys(m.t.Context(), "kest.claim.*").Result()
	if err != nil {
		m.t.Fatal(err)
	}
	return claims
}

// TestOriginsAgree: the services read kest.yaml here, and kestgen the one beside
// go.mod.
func TestOriginsAgree(t *testing.T) {
	here, err := kest.LoadConfig("kest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	there, err := kest.LoadConfig("../../kest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, score := range here.Origins {
		if got, ok := there.Origins[name]; !ok || got != score {
			t.Errorf("the kest.yaml beside go.mod has %d for %s: want %d", got, name, score)
		}
	}
}
