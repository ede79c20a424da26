// Command notifier is where requests through the mesh end: gRPC with mutual TLS.
// It gets no tokens. It believes the ledger, and nobody else, on whose behalf a
// call runs. It evaluates its policies in its own process.
package main

import (
	"context"
	"errors"
	"net"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/kestgo/kest/examples/mesh/internal/messages"
	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/examples/mesh/internal/wire"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/kestgrpc"
)

func main() { service.Main("notifier", run) }

func run(ctx context.Context) error {
	settings, config, err := service.Read()
	if err != nil {
		return err
	}
	if config.Engine, err = rego.LoadDir(config.PolicyDir); err != nil {
		return err
	}
	fromLedger := func(ctx context.Context, _ propagation.TextMapCarrier) bool {
		return kestgrpc.PeerIdentity(ctx) == shop.Ledger
	}
	s, err := service.New(settings, config, fromLedger)
	if err != nil {
		return err
	}
	return serve(ctx, s)
}

// serve answers gRPC, and HTTP for the keys of this service.
func serve(ctx context.Context, s *service.Service) error {
	tls, err := s.Settings.ServerTLS()
	if err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(tls)),
		grpc.ForceServerCodec(wire.Codec{}),
		grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(s.Tracing), otelgrpc.WithPropagators(service.TraceContext))),
		grpc.ChainUnaryInterceptor(kestgrpc.UnaryServerInterceptor(kestgrpc.ServerConfig{Lineage: s.Lineage, Runtime: s.Runtime})))
	wire.RegisterNotifier(server, &messages.Outbox{Journal: s.Journal})

	listener, err := net.Listen("tcp", s.Settings.ListenGRPC)
	if err != nil {
		return err
	}
	// If one of the two servers ends, so does the other.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(listener)
		cancel()
	}()
	err = s.Serve(ctx, s.Mux())
	server.Stop()
	return errors.Join(err, <-ended)
}
