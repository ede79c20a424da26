// Command ledger is the second service of the mesh: the gateway calls it over
// HTTP, with the user's token, which it checks as well, and it calls the notifier
// over gRPC with mutual TLS. Its policies are evaluated by an OPA server.
package main

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"

	"github.com/kestgo/kest/examples/mesh/internal/bookings"
	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/examples/mesh/internal/wire"
	"github.com/kestgo/kest/runtime/engine/opa"
	"github.com/kestgo/kest/runtime/kestgrpc"
)

func main() { service.Main("ledger", run) }

func run(ctx context.Context) error {
	settings, config, err := service.Read()
	if err != nil {
		return err
	}
	// Longer than the default of a second, for a busy machine.
	if config.Engine, err = opa.New(opa.Config{URL: settings.OPA, Timeout: 10 * time.Second}); err != nil {
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
	base, client, err := s.Peer(shop.Gateway)
	if err != nil {
		return err
	}
	notifier, err := connect(s)
	if err != nil {
		return err
	}
	defer notifier.Close()
	book := &bookings.Book{
		Notifier: wire.NotifierClient{Connection: notifier},
		Gateway:  wire.GatewayClient{URL: base, Client: client},
		Journal:  s.Journal,
	}

	mux := s.Mux()
	handle := func(path string, handler http.Handler) { mux.Handle("POST "+path, s.Protect(handler, authenticator)) }
	handle(wire.PathBook, wire.Handle(book.BookOrder))
	handle(wire.PathPark, wire.Handle(book.ParkOrder))
	handle(wire.PathPrice, wire.Handle(book.PriceOrder))
	handle(wire.PathRelay, wire.Handle(book.PassBack))
	return s.Serve(ctx, mux)
}

// connect makes the connection to the notifier, which need not be up yet. No
// token is sent: the notifier believes this service on whose behalf it calls, as
// its certificate says who it is.
func connect(s *service.Service) (*grpc.ClientConn, error) {
	tls, err := s.Settings.ClientTLS(shop.Notifier)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(s.Settings.Notifier,
		grpc.WithTransportCredentials(credentials.NewTLS(tls)),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithTracerProvider(s.Tracing), otelgrpc.WithPropagators(service.TraceContext))),
		grpc.WithChainUnaryInterceptor(kestgrpc.UnaryClientInterceptor(kestgrpc.ClientConfig{Lineage: s.Lineage})),
		// A notifier that was restarted is found again soon.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 5 * time.Second,
		}))
}
