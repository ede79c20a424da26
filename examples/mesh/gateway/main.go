// Command gateway is where requests come into the mesh: HTTP with a bearer token.
// It evaluates its policies in its own process.
package main

import (
	"context"
	"net/http"

	"github.com/kestgo/kest/examples/mesh/internal/orders"
	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/examples/mesh/internal/wire"
	"github.com/kestgo/kest/runtime/engine/rego"
)

func main() { service.Main("gateway", run) }

func run(ctx context.Context) error {
	settings, config, err := service.Read()
	if err != nil {
		return err
	}
	if config.Engine, err = rego.LoadDir(config.PolicyDir); err != nil {
		return err
	}
	s, err := service.New(settings, config, nil)
	if err != nil {
		return err
	}
	authenticator, err := s.Authenticator(ctx)
	if err != nil {
		return err
	}
	base, client, err := s.Peer(shop.Ledger)
	if err != nil {
		return err
	}
	desk := &orders.Desk{Ledger: wire.LedgerClient{URL: base, Client: client}, Journal: s.Journal}

	mux := s.Mux()
	handle := func(pattern string, handler http.Handler) { mux.Handle(pattern, s.Protect(handler, authenticator)) }
	handle("GET /orders/{id}", lookUp(desk))
	handle("POST /orders", wire.Handle(desk.PlaceOrder))
	handle("POST /partner-orders", wire.Handle(desk.PlacePartnerOrder))
	handle("POST /imports", wire.Handle(desk.ImportOrder))
	handle("POST /quotes", wire.Handle(desk.QuoteOrder))
	handle("POST "+wire.PathRelay, wire.Handle(desk.PassOn))
	return s.Serve(ctx, mux)
}

func lookUp(desk *orders.Desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		receipt, err := desk.LookUpOrder(r.Context(), r.PathValue("id"))
		if err != nil {
			wire.WriteError(w, r, err)
			return
		}
		wire.WriteJSON(w, receipt)
	})
}

var _ orders.Ledger = wire.LedgerClient{}
