package kestgrpc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// ServerConfig says what a server demands of calls.
type ServerConfig struct {
	// Lineage verifies the passport of each call. Required: without one every
	// call fails with Internal.
	Lineage *kestpropagation.Propagator
	// Identity demands a valid bearer token of each call, in its metadata
	// "authorization", and says on whose behalf the handler runs, as
	// kesthttp.Identity does; nil demands none.
	Identity bearer.Authenticator
	// Runtime is what hooks under the handlers run with; nil is the default one.
	Runtime *kest.Runtime
	// SendBack sends the lineage of each answer in the header metadata, as
	// kesthttp.SendBack does: of what ran before the header was sent. A status
	// other than OK brings none. An answer whose lineage cannot be sent becomes the
	// status Unavailable.
	SendBack bool
}

// admit checks lineage and then identity.
func (c *ServerConfig) admit(ctx context.Context) (context.Context, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	ctx, err := c.Lineage.Receive(ctx, carrier(incoming))
	if err != nil {
		return nil, err
	}
	if c.Identity != nil {
		if ctx, err = bearer.Authenticate(ctx, c.Identity, incoming.Get("authorization")); err != nil {
			return nil, err
		}
	}
	if c.Runtime != nil {
		ctx = kest.NewContext(ctx, c.Runtime)
	}
	return ctx, nil
}

// errUnsent: the lineage of an answer of this server could not be sent, which is
// not the fault of who asked.
var errUnsent = errors.New("kestgrpc: the answer was not sent, as its lineage cannot be")

// sendBack sets the header metadata that brings the lineage of an answer.
func (c *ServerConfig) sendBack(ctx context.Context, collector *kest.Collector, setHeader func(metadata.MD) error) error {
	defer collector.Stop() // a stream may live long
	md := metadata.MD{}
	err := c.Lineage.SendBack(ctx, collector.Passport(), carrier(md))
	if err == nil && len(md) > 0 {
		err = setHeader(md)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	return nil
}

// UnaryServerInterceptor checks each call before its handler runs.
func UnaryServerInterceptor(config ServerConfig) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		inner, err := config.admit(ctx)
		if err != nil {
			return nil, statusError(ctx, err)
		}
		if !config.SendBack {
			answer, err := handler(inner, request)
			return answer, statusError(ctx, err)
		}
		inner, collector := kest.Collect(inner)
		answer, err := handler(inner, request)
		if err == nil {
			err = config.sendBack(inner, collector, func(md metadata.MD) error { return grpc.SetHeader(ctx, md) })
		}
		if err != nil {
			return nil, statusError(ctx, err)
		}
		return answer, nil
	}
}

// StreamServerInterceptor checks each stream before its handler runs.
func StreamServerInterceptor(config ServerConfig) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := config.admit(stream.Context())
		if err != nil {
			return statusError(stream.Context(), err)
		}
		inner := &serverStream{ServerStream: stream, ctx: ctx}
		if config.SendBack {
			inner.ctx, inner.collector = kest.Collect(ctx)
			inner.config = &config
		}
		err = handler(server, inner)
		if err == nil {
			// Of a stream without messages; or why one could not be sent, which the
			// handler did not return.
			err = inner.sendBack()
		}
		return statusError(stream.Context(), err)
	}
}

// serverStream has the context of the lineage.
type serverStream struct {
	grpc.ServerStream
	ctx       context.Context
	config    *ServerConfig // nil if nothing is sent back
	collector *kest.Collector
	once      sync.Once
	err       error
}

func (s *serverStream) Context() context.Context { return s.ctx }

// sendBack puts the lineage of what ran so far into the header, which goes out
// with the first message.
func (s *serverStream) sendBack() error {
	if s.config == nil {
		return nil
	}
	s.once.Do(func() { s.err = s.config.sendBack(s.ctx, s.collector, s.ServerStream.SetHeader) })
	return s.err
}

func (s *serverStream) SendHeader(md metadata.MD) error {
	if err := s.sendBack(); err != nil {
		return err
	}
	return s.ServerStream.SendHeader(md)
}

func (s *serverStream) SendMsg(message any) error {
	if err := s.sendBack(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(message)
}
