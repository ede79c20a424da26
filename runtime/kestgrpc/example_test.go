package kestgrpc_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A server that demands a verified lineage and a valid token, and a client that
// sends both and takes the lineage of the answer.
func Example() {
	propagator := must(kestpropagation.New(kestpropagation.Config{Verifier: &kest.Verifier{
		Keys: must(kest.NewKeySet(kesttest.Key(gateway), kesttest.Key(ledger))),
	}}))

	config := kestgrpc.ServerConfig{
		Lineage:  propagator,
		Identity: authenticator{}, // one of package oidc
		Runtime:  must(kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(ledger)})),
		SendBack: true,
	}
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(kestgrpc.UnaryServerInterceptor(config)),
		grpc.ChainStreamInterceptor(kestgrpc.StreamServerInterceptor(config)))
	testgrpc.RegisterTestServiceServer(server, newService(func(c *kest.HookConfig) { c.AddTaints = []string{"unverified"} }))
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	clientConfig := kestgrpc.ClientConfig{Lineage: propagator, SendToken: true, TakeBack: true}
	connection := must(grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // TLS, beyond this machine
		grpc.WithChainUnaryInterceptor(kestgrpc.UnaryClientInterceptor(clientConfig)),
		grpc.WithChainStreamInterceptor(kestgrpc.StreamClientInterceptor(clientConfig))))
	defer connection.Close()
	client := testgrpc.NewTestServiceClient(connection)

	ctx := kest.NewContext(context.Background(), must(kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(gateway)})))
	_, err := client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	fmt.Println(status.Code(err))

	ctx, consumed := kest.Collect(kest.WithToken(ctx, "s3cret/alice"))
	_, err = client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	fmt.Println(status.Code(err))
	_ = run(consumed.Join(ctx), hook(), func(ctx context.Context) {
		tokens := kest.PassportFromContext(ctx).Tokens()
		entry := must(kest.DecodeEntry(tokens[len(tokens)-1]))
		fmt.Println(len(tokens), "entries, taints", entry.Taints)
	})
	// Output:
	// Unauthenticated
	// OK
	// 2 entries, taints [unverified]
}
