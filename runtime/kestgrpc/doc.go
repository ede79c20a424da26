// Package kestgrpc brings lineage and identity into gRPC servers and clients, as
// package kesthttp does for HTTP:
//
//	server := grpc.NewServer(
//		grpc.ChainUnaryInterceptor(kestgrpc.UnaryServerInterceptor(config)),
//		grpc.ChainStreamInterceptor(kestgrpc.StreamServerInterceptor(config)))
//
//	connection, err := grpc.NewClient(target,
//		grpc.WithChainUnaryInterceptor(kestgrpc.UnaryClientInterceptor(clientConfig)),
//		grpc.WithChainStreamInterceptor(kestgrpc.StreamClientInterceptor(clientConfig)))
//
// A server verifies the passport of every call before its handler runs, and then
// who asks. Errors of this module that a handler returns become the status code
// of their kind, see [StatusOf]. A stream is one call: its lineage is that of its
// start.
package kestgrpc
