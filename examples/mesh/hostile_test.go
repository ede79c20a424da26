package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/customer"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

const (
	lineageInvalid = "urn:kest:problem:lineage-invalid"
	badToken       = "urn:kest:problem:token"
	denied         = "urn:kest:problem:denied"
)

// TestHostile sends requests through the mesh as attackers do. The names of the
// cases are those of the public acceptance list, but for the last three.
func TestHostile(t *testing.T) {
	m := start(t)
	for _, test := range []struct {
		name string
		run  func(*mesh)
	}{
		{"signatures verified", (*mesh).testSignatures},
		{"tampered passport halts with 403 and the body not run", (*mesh).testTampered},
		{"invalid token", (*mesh).testInvalidToken},
		{"no token", (*mesh).testNoToken},
		{"token for another audience", (*mesh).testOtherAudience},
		{"replayed passport spliced into another trace", (*mesh).testReplay},
		{"forged kest.user", (*mesh).testForgedUser},
		{"trust forged to 100 in a re-encoded entry", (*mesh).testForgedTrust},
		{"call around the gateway", (*mesh).testAround},
		{"notifier called by others than the ledger", (*mesh).testNotifier},
		{"impostor of the notifier", (*mesh).testImpostor},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(m.with(t)) })
	}
}

// stolen is the entries of a request of an ordinary user's that went through the
// mesh, and its trace.
func (m *mesh) stolen(id string) (tokens []string, traceID string) {
	m.t.Helper()
	answer := m.ask(launch.User, "/partner-orders", order(id, 20))
	entries := m.entries(answer, 3)
	return answer.Receipt.Passport.Tokens(), entries[0].Labels[kest.LabelTraceID]
}

// book asks the ledger to book an order, with headers made by hand.
func (m *mesh) book(id string, amount float64, header http.Header) customer.Answer {
	m.t.Helper()
	return m.send(customer.Request{URL: m.Ledger + "/bookings", Token: m.tokens[launch.User], Header: header, Body: order(id, amount)})
}

// testSignatures: nothing in an entry that arrived can be changed.
func (m *mesh) testSignatures() {
	tokens, _ := m.stolen(m.id("H-signatures"))
	verifier := m.Verifier()
	for i := range tokens {
		for _, change := range [][2]string{
			{`"trust_score":70`, `"trust_score":71`},
			{`"operation":"`, `"operation":"x`},
			{launch.User, launch.Administrator},
			{`"function_policies":["`, `"function_policies":["x`},
		} {
			forged := append(slices.Clone(tokens[:i]), alter(m.t, tokens[i], change[0], change[1]))
			parsed, err := kest.ParsePassport([]byte(`["` + strings.Join(forged, `","`) + `"]`))
			if err != nil {
				m.t.Fatal(err)
			}
			failure, ok := errors.AsType[*kest.VerifyError](verifier.Verify(m.t.Context(), parsed))
			if !ok || failure.Entry != i || failure.Check != kest.CheckSignature {
				m.t.Errorf("entry %d with %s: got %v, want a wrong signature", i, change[1], failure)
			}
		}
	}
	// And those of one service do not verify with the keys of another.
	entries := m.decode(tokens)
	for i, entry := range entries {
		keys, err := verifier.Keys.Keys(m.t.Context(), entry.Principal(), keyID(m.t, tokens[i]))
		if err != nil || len(keys) != 1 {
			m.t.Errorf("entry %d: %d keys of %s, %v: want 1", i, len(keys), entry.Principal(), err)
		}
		for _, other := range entries {
			if other.Principal() == entry.Principal() {
				continue
			}
			if keys, err := verifier.Keys.Keys(m.t.Context(), other.Principal(), keyID(m.t, tokens[i])); err != nil || len(keys) > 0 {
				m.t.Errorf("the key of %s is one of %s, too: %v", entry.Principal(), other.Principal(), err)
			}
		}
	}
}

func (m *mesh) testTampered() {
	tokens, trace := m.stolen(m.id("H-tamper"))
	// What the gateway signed is believed as it stands, or this test shows nothing.
	m.entries(m.book(m.id("H-tamper-not"), 20, header(trace, passport(m.t, tokens[0]))), 3)
	m.ran(m.id("H-tamper-not"), nil, []string{"bookOrder"}, []string{"notify"})
	for i, test := range []struct{ name, members string }{
		{"one byte", passport(m.t, alter(m.t, tokens[0], `"region\"`, `"regioN\"`))},
		{"the second of three", passport(m.t, tokens[0], alter(m.t, tokens[1], `"Book.bookOrder"`, `"Book.parkOrder"`), tokens[2])},
		{"an entry taken out", passport(m.t, tokens[0], tokens[2])},
		{"an entry twice", passport(m.t, tokens[0], tokens[0])},
		{"the order changed", passport(m.t, tokens[1], tokens[0])},
		{"the end cut off", strings.Replace(passport(m.t, tokens[0]), kest.Hash(tokens[0]), kest.Hash(tokens[1]), 1)},
	} {
		id := m.id(fmt.Sprintf("H-tamper-%d", i))
		m.t.Run(test.name, func(t *testing.T) {
			m := m.with(t)
			m.refused(m.book(id, 20, header(trace, test.members)), 403, lineageInvalid)
			toGateway := request(m, "/partner-orders", order(id, 20))
			toGateway.Header = header(trace, test.members)
			m.refused(m.send(toGateway), 403, lineageInvalid)
			m.ran(id, nil, nil, nil)
		})
	}
}

func (m *mesh) testInvalidToken() {
	good := m.tokens[launch.User]
	segments := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	claims, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		m.t.Fatal(err)
	}
	administrator := strings.Replace(string(claims), `"alice"`, `"root"`, 1)
	if administrator == string(claims) {
		m.t.Fatalf("the token does not name alice: %s", claims)
	}
	changed := base64.RawURLEncoding.EncodeToString([]byte(administrator))
	for i, test := range []struct{ name, token string }{
		{"no JWT", "secret"},
		{"another signature", segments[0] + "." + segments[1] + "." + strings.Repeat("A", len(segments[2]))},
		{"another user", segments[0] + "." + changed + "." + segments[2]},
		{"no signature", none + "." + changed + "."},
	} {
		id := m.id(fmt.Sprintf("H-token-%d", i))
		m.t.Run(test.name, func(t *testing.T) { m.with(t).unauthorized(id, test.token) })
	}
}

// unauthorized sends an order with a token to both services that ask for one.
func (m *mesh) unauthorized(id, token string) {
	m.t.Helper()
	for _, url := range []string{m.Gateway + "/orders", m.Ledger + "/bookings"} {
		m.refused(m.send(customer.Request{URL: url, Token: token, Body: order(id, 20)}), 401, badToken)
	}
	m.ran(id, nil, nil, nil)
}

func (m *mesh) testNoToken() { m.unauthorized(m.id("H-no-token"), "") }

func (m *mesh) testOtherAudience() {
	for i, test := range []struct {
		audience string
		valid    bool
	}{{launch.OtherAudience, false}, {launch.Audience, true}} {
		token, err := m.TokenFor(m.t.Context(), m.tokens[launch.User], test.audience)
		if err != nil {
			m.t.Fatal(err)
		}
		id := m.id(fmt.Sprintf("H-audience-%d", i))
		if !test.valid {
			m.unauthorized(id, token)
			continue
		}
		m.entries(m.send(customer.Request{URL: m.Gateway + "/orders", Token: token, Body: order(id, 20)}), 4)
	}
}

// testReplay sends a passport again: in its own trace it is what the caller goes on
// from, and in another one nothing.
func (m *mesh) testReplay() {
	tokens, trace := m.stolen(m.id("H-replay"))
	const otherTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	for i, entries := range [][]string{tokens[:1], tokens} {
		id := m.id(fmt.Sprintf("H-replay-%d", i))
		m.refused(m.book(id, 20, header(otherTrace, passport(m.t, entries...))), 403, lineageInvalid)
		noTrace := header(otherTrace, passport(m.t, entries...))
		noTrace.Del("Traceparent")
		m.refused(m.book(id, 20, noTrace), 403, lineageInvalid)
		m.ran(id, nil, nil, nil)
		m.entries(m.book(id, 20, header(trace, passport(m.t, entries...))), len(entries)+2)
	}
	// Nor can a branch of one trace be joined to another's.
	other, _ := m.stolen(m.id("H-replay-other"))
	joined := strings.Replace(passport(m.t, tokens[0], other[0]), kest.Hash(other[0]), kest.Hash(tokens[0])+"%2C"+kest.Hash(other[0]), 1)
	m.refused(m.book(m.id("H-replay-joined"), 20, header(trace, joined)), 403, lineageInvalid)
	m.ran(m.id("H-replay-joined"), nil, nil, nil)
}

// testForgedUser says with the token of an ordinary user to be an administrator.
func (m *mesh) testForgedUser() {
	tokens, trace := m.stolen(m.id("H-user"))
	forged := "kest.user=" + launch.Administrator
	check := func(answer customer.Answer, count int) {
		m.t.Helper()
		for _, entry := range m.entries(answer, count) {
			if got, err := identityOf(entry); err != nil || got.User != launch.User {
				m.t.Errorf("%s ran on behalf of %+v, %v", entry.Operation, got, err)
			}
		}
	}
	toGateway := request(m, "/orders", order(m.id("H-user-gateway"), 20))
	toGateway.Header = header(trace, forged, "kest.agent=root", "kest.task=all", "kest.jwt=x")
	check(m.send(toGateway), 4)
	check(m.book(m.id("H-user-ledger"), 20, header(trace, forged, passport(m.t, tokens[0]))), 3)

	toGateway.Body = order(m.id("H-user-large"), 5000)
	m.refused(m.send(toGateway), 403, denied)
	m.refused(m.book(m.id("H-user-large-ledger"), 5000, header(trace, forged, passport(m.t, tokens[0]))), 403, denied)
	m.ran(m.id("H-user-large"), []string{"placeOrder", "validateOrder"}, nil, nil)
	m.ran(m.id("H-user-large-ledger"), nil, nil, nil)
}

// testForgedTrust takes the gateway's entry of an import, of trust 10, and makes it
// one of 100.
func (m *mesh) testForgedTrust() {
	imported := order(m.id("H-trust"), 20)
	imported.Handling = shop.HandlingPark
	answer := m.ask(launch.User, "/imports", imported)
	trace := m.entries(answer, 3)[0].Labels[kest.LabelTraceID]
	entry := answer.Receipt.Passport.Tokens()[0]
	_, own, err := ed25519.GenerateKey(nil)
	if err != nil {
		m.t.Fatal(err)
	}
	ownID := kest.Key{Public: own.Public().(ed25519.PublicKey)}.ID()
	const old, new = `"trust_score":10`, `"trust_score":100`
	for i, test := range []struct{ name, token string }{
		{"the old signature", alter(m.t, entry, old, new)},
		{"an own key under the gateway's id", resign(m.t, entry, old, new, own, keyID(m.t, entry))},
		{"an own key", resign(m.t, entry, old, new, own, ownID)},
		{"an own key under the workload's name", resign(m.t, entry, old, new, own, shop.Gateway)},
	} {
		id := m.id(fmt.Sprintf("H-trust-%d", i))
		m.t.Run(test.name, func(t *testing.T) {
			m := m.with(t)
			m.refused(m.book(id, 20, header(trace, passport(t, test.token))), 403, lineageInvalid)
			m.ran(id, nil, nil, nil)
		})
	}
	// As it was it verifies, and is of too little trust to book anything.
	m.refused(m.book(m.id("H-trust"), 20, header(trace, passport(m.t, entry))), 403, denied)
}

// testAround calls the ledger with a valid token and without a lineage.
func (m *mesh) testAround() {
	m.refused(m.book(m.id("H-around"), 20, nil), 403, denied)
	m.ran(m.id("H-around"), nil, nil, nil)
}
