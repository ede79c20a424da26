package kestgrpc

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// ClientConfig says what a client sends along.
type ClientConfig struct {
	// Lineage sends the passport of the call's context. Required: without one
	// every call fails.
	Lineage *kestpropagation.Propagator
	// SendToken sends the raw bearer token of the context (kest.Token) as the
	// metadata "authorization", unless the call has one or credentials of its own.
	// Set it for connections to servers that may have the token. Without TLS only
	// a target on the loopback interface or a Unix socket gets it, and a call to
	// any other fails.
	SendToken bool
	// TakeBack verifies the lineage that an answer brings back: the collectors of
	// the call's context note it (see kest.Collect). An answer whose lineage does
	// not verify is an error of the call. An answer that brings none is taken, as
	// one in which no hook ran.
	TakeBack bool
}

// outgoing is the context with the metadata of the lineage, and the options with
// the token.
func (c *ClientConfig) outgoing(ctx context.Context, connection *grpc.ClientConn, options []grpc.CallOption) (context.Context, []grpc.CallOption, error) {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		md = metadata.MD{}
	}
	if err := c.Lineage.Send(ctx, carrier(md)); err != nil {
		return nil, nil, err
	}
	if text := kest.Token(ctx); c.SendToken && text != "" && len(md.Get("authorization")) == 0 && !hasCredentials(options) {
		credentials, err := newToken(text, connection)
		if err != nil {
			return nil, nil, err
		}
		options = with(options, grpc.PerRPCCredentials(credentials))
	}
	return metadata.NewOutgoingContext(ctx, md), options, nil
}

// with adds an option to those of the caller, whose slice other calls may share.
func with(options []grpc.CallOption, option grpc.CallOption) []grpc.CallOption {
	return append(slices.Clip(options), option)
}

// takeBack verifies the lineage of an answer.
func (c *ClientConfig) takeBack(ctx context.Context, header metadata.MD) error {
	answer, found, err := c.Lineage.ReceiveBack(ctx, carrier(header))
	if err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	if found {
		kest.Consume(ctx, answer)
	}
	return nil
}

// UnaryClientInterceptor sends the lineage with each call. A call whose lineage
// cannot be sent is not made; the error then matches [kest.ErrLineage]. So does
// that of an answer whose lineage does not verify, and
// [kestpropagation.ErrAnswer]; the answer is emptied.
func UnaryClientInterceptor(config ClientConfig) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, answer any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		outgoing, options, err := config.outgoing(ctx, connection, options)
		if err != nil {
			return err
		}
		if !config.TakeBack {
			return invoke(outgoing, method, request, answer, connection, options...)
		}
		var header metadata.MD
		if err := invoke(outgoing, method, request, answer, connection, with(options, grpc.Header(&header))...); err != nil {
			return err
		}
		err = config.takeBack(ctx, header)
		if message, ok := answer.(proto.Message); err != nil && ok {
			proto.Reset(message)
		}
		return err
	}
}

// StreamClientInterceptor sends the lineage at the start of each stream. With
// TakeBack the first RecvMsg waits for the header of the answer, and fails if its
// lineage does not verify, which ends the stream.
func StreamClientInterceptor(config ClientConfig) grpc.StreamClientInterceptor {
	return func(ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		outgoing, options, err := config.outgoing(ctx, connection, options)
		if err != nil {
			return nil, err
		}
		if !config.TakeBack {
			return open(outgoing, description, connection, method, options...)
		}
		outgoing, cancel := context.WithCancel(outgoing)
		stream, err := open(outgoing, description, connection, method, options...)
		if err != nil {
			cancel()
			return nil, err
		}
		return &clientStream{ClientStream: stream, config: &config, ctx: ctx, cancel: cancel, single: !description.ServerStreams}, nil
	}
}

// clientStream takes the lineage of the answer from the header, before the first
// message is given.
type clientStream struct {
	grpc.ClientStream
	config *ClientConfig
	ctx    context.Context
	cancel context.CancelFunc // frees the stream, once it has ended
	single bool               // one message ends it
	once   sync.Once
	err    error
}

func (s *clientStream) RecvMsg(message any) error {
	s.once.Do(func() {
		header, err := s.ClientStream.Header()
		if err == nil {
			err = s.config.takeBack(s.ctx, header)
		}
		s.err = err
	})
	err := s.err
	if err == nil {
		err = s.ClientStream.RecvMsg(message)
	}
	if err != nil || s.single {
		s.cancel()
	}
	return err
}
