package wire

import (
	"context"
	"net/http"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
)

// Paths of the ledger and, for relays, of the gateway.
const (
	PathBook  = "/bookings"
	PathPark  = "/parkings"
	PathPrice = "/prices"
	PathRelay = "/relays"
)

// LedgerClient calls the ledger.
type LedgerClient struct {
	URL    string // without a slash at its end
	Client *http.Client
}

// Book has an order booked.
func (c LedgerClient) Book(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	return Post[shop.Receipt](ctx, c.Client, c.URL+PathBook, order)
}

// Park has an order put on the suspense account.
func (c LedgerClient) Park(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	return Post[shop.Receipt](ctx, c.Client, c.URL+PathPark, order)
}

// Price asks what an order would cost.
func (c LedgerClient) Price(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	return Post[shop.Receipt](ctx, c.Client, c.URL+PathPrice, order)
}

// Relay hands a relay on.
func (c LedgerClient) Relay(ctx context.Context, relay shop.Relay) (shop.Receipt, error) {
	return Post[shop.Receipt](ctx, c.Client, c.URL+PathRelay, relay)
}

// GatewayClient calls the gateway, as the ledger does for relays.
type GatewayClient struct {
	URL    string // without a slash at its end
	Client *http.Client
}

// Relay hands a relay on.
func (c GatewayClient) Relay(ctx context.Context, relay shop.Relay) (shop.Receipt, error) {
	return Post[shop.Receipt](ctx, c.Client, c.URL+PathRelay, relay)
}
