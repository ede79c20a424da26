package kestgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	kest "github.com/kestgo/kest/runtime"
)

// A service has one method of each kind. Each runs a hook, once for a call, and
// answers with what its function knows: the number of entries, and for whom.
type service struct {
	testgrpc.UnimplementedTestServiceServer
	requests atomic.Int32 // that reached a handler
	bodies   atomic.Int32 // of the hook's function that ran
	hook     *kest.Hook
	// unhooked, if set, is run instead of the hook.
	unhooked func(context.Context) error
	// messages is how many the server's streams have.
	messages int
	// careless streams go on when a message could not be sent.
	careless bool
}

func newService(change ...func(*kest.HookConfig)) *service {
	return &service{hook: hook(change...), messages: 1}
}

func (s *service) work(ctx context.Context) (known string, err error) {
	s.requests.Add(1)
	if s.unhooked != nil {
		return "", s.unhooked(ctx)
	}
	err = run(ctx, s.hook, func(inside context.Context) {
		s.bodies.Add(1)
		known = fmt.Sprintf("%d %s %t", kest.PassportFromContext(inside).Len(), kest.User(inside)+"/"+kest.Agent(inside), kest.Token(inside) != "")
	})
	return known, err
}

func (s *service) UnaryCall(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	known, err := s.work(ctx)
	return &testgrpc.SimpleResponse{Username: known}, err
}

// send answers a stream. The test service's stream messages have a payload only.
func (s *service) send(known string, send func(*testgrpc.StreamingOutputCallResponse) error) error {
	for range s.messages {
		if err := send(&testgrpc.StreamingOutputCallResponse{Payload: &testgrpc.Payload{Body: []byte(known)}}); err != nil && !s.careless {
			return err
		}
	}
	return nil
}

func (s *service) StreamingOutputCall(_ *testgrpc.StreamingOutputCallRequest, stream grpc.ServerStreamingServer[testgrpc.StreamingOutputCallResponse]) error {
	known, err := s.work(stream.Context())
	if err != nil {
		return err
	}
	return s.send(known, stream.Send)
}

func (s *service) StreamingInputCall(stream grpc.ClientStreamingServer[testgrpc.StreamingInputCallRequest, testgrpc.StreamingInputCallResponse]) error {
	for {
		if _, err := stream.Recv(); err != nil {
			break // io.EOF: the client has sent all
		}
	}
	known, err := s.work(stream.Context())
	if err != nil {
		return err
	}
	var entries int32
	if _, err := fmt.Sscan(known, &entries); err != nil {
		return err
	}
	return stream.SendAndClose(&testgrpc.StreamingInputCallResponse{AggregatedPayloadSize: entries})
}

func (s *service) FullDuplexCall(stream grpc.BidiStreamingServer[testgrpc.StreamingOutputCallRequest, testgrpc.StreamingOutputCallResponse]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	known, err := s.work(stream.Context())
	if err != nil {
		return err
	}
	if err := stream.SendHeader(metadata.Pairs("own", "header")); err != nil && !s.careless {
		return err
	}
	return s.send(known, stream.Send)
}

// didNotRun checks that a service was not reached.
func (s *service) didNotRun(t testing.TB) {
	t.Helper()
	if n, m := s.requests.Load(), s.bodies.Load(); n != 0 || m != 0 {
		t.Errorf("the handler ran %d times and the function %d times", n, m)
	}
}

// kinds are the four kinds of calls; each gives what the function knew.
var kinds = map[string]func(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error){
	"unary": func(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error) {
		answer, err := client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, options...)
		return answer.GetUsername(), err
	},
	"server stream": func(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error) {
		stream, err := client.StreamingOutputCall(ctx, &testgrpc.StreamingOutputCallRequest{}, options...)
		if err != nil {
			return "", err
		}
		return receive(stream)
	},
	"client stream": func(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error) {
		stream, err := client.StreamingInputCall(ctx, options...)
		if err != nil {
			return "", err
		}
		for range 3 {
			if stream.Send(&testgrpc.StreamingInputCallRequest{}) != nil {
				break // the answer says why
			}
		}
		answer, err := stream.CloseAndRecv()
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d / ", answer.GetAggregatedPayloadSize()), nil
	},
	"bidirectional stream": func(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error) {
		stream, err := client.FullDuplexCall(ctx, options...)
		if err != nil {
			return "", err
		}
		if stream.Send(&testgrpc.StreamingOutputCallRequest{}) != nil {
			return receive(stream)
		}
		if err := stream.CloseSend(); err != nil {
			return "", err
		}
		return receive(stream)
	},
}

// receive reads a stream to its end.
func receive(stream interface {
	Recv() (*testgrpc.StreamingOutputCallResponse, error)
}) (known string, err error) {
	for {
		answer, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return known, nil
		case err != nil:
			return known, err
		}
		known = string(answer.GetPayload().GetBody())
	}
}
