package main

import (
	"context"
	"fmt"
	"io"

	"github.com/kestgo/kest/examples/mesh/internal/customer"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
)

// A scene is one request of the demonstration.
type scene struct {
	text string
	user string
	path string // of the gateway
	body any
	// status is what the gateway has to answer.
	status int
}

var scenes = []scene{
	{"An ordinary user orders for 49.90. The order is tainted until the gateway has validated it.",
		launch.User, "/orders", shop.Order{ID: "A-1", Amount: 49.90, Region: "eu"}, 200},
	{"The same user orders for 5000. The ledger denies that, and the notifier is never asked.",
		launch.User, "/orders", shop.Order{ID: "A-2", Amount: 5000, Region: "eu"}, 403},
	{"An administrator may.",
		launch.Administrator, "/orders", shop.Order{ID: "A-3", Amount: 5000, Region: "eu"}, 200},
	{"Something from the internet, and from another region, is parked: trust 10, then 6. A deviation lets it in.",
		launch.User, "/imports", shop.Order{ID: "A-4", Amount: 20, Region: "us", Handling: shop.HandlingPark}, 200},
	{"An administrator approves an import: the trust is set, and the taint gone.",
		launch.Administrator, "/imports", shop.Order{ID: "A-5", Amount: 20, Region: "eu", Handling: shop.HandlingApprove}, 200},
	{"An order from the partner's feed, an origin of kest.yaml.",
		launch.User, "/partner-orders", shop.Order{ID: "A-6", Amount: 20, Region: "eu"}, 200},
	{"A relay, back and forth until the passport outgrows the header, and travels through Redis.",
		launch.User, "/relays", shop.Relay{ID: "A-7", Hops: 7}, 200},
}

// demonstrate sends the requests and prints what arrived.
func demonstrate(ctx context.Context, w io.Writer, m *launch.Mesh) error {
	tokens := make(map[string]string)
	for _, user := range []string{launch.User, launch.Administrator} {
		token, err := m.Token(ctx, user)
		if err != nil {
			return err
		}
		tokens[user] = token
	}
	for i, s := range scenes {
		fmt.Fprintf(w, "\n%d. %s\n", i+1, s.text)
		answer, err := customer.Send(ctx, customer.Request{URL: m.Gateway + s.path, Token: tokens[s.user], Body: s.body})
		if err != nil {
			return err
		}
		if answer.Status != s.status {
			return fmt.Errorf("%s answers %d (%s) for %s: want %d", s.path, answer.Status, answer.Problem.Type, s.user, s.status)
		}
		if answer.Status != 200 {
			fmt.Fprintf(w, "   %d %s (entry %s)\n", answer.Status, answer.Problem.Title, answer.Problem.EntryID)
			continue
		}
		passport := answer.Receipt.Passport
		if err := writeHops(w, passport); err != nil {
			return err
		}
		if err := m.Verifier().Verify(ctx, passport); err != nil {
			return err
		}
		fmt.Fprintf(w, "   %s; the passport verifies.\n", answer.Receipt.Result)
	}
	return nil
}
