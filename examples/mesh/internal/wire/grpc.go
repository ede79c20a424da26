package wire

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
)

// A Notifier is the gRPC service. What protoc would write is written by hand, with
// JSON for messages, so that the example needs no other tools than Go's.
type Notifier interface {
	Notify(context.Context, shop.Message) (shop.Receipt, error)
}

const (
	notifierName = "kest.examples.mesh.Notifier"
	notifyName   = "Notify"
)

// RegisterNotifier has a server answer for a notifier. The server needs Codec as
// its grpc.ForceServerCodec.
func RegisterNotifier(server *grpc.Server, notifier Notifier) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: notifierName,
		HandlerType: (*Notifier)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: notifyName, Handler: handleNotify}},
	}, notifier)
}

func handleNotify(notifier any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
	message := new(shop.Message)
	if err := decode(message); err != nil {
		return nil, err
	}
	notify := func(ctx context.Context, message any) (any, error) {
		receipt, err := notifier.(Notifier).Notify(ctx, *message.(*shop.Message))
		if err != nil {
			return nil, err
		}
		return &receipt, nil
	}
	if interceptor == nil {
		return notify(ctx, message)
	}
	info := &grpc.UnaryServerInfo{Server: notifier, FullMethod: "/" + notifierName + "/" + notifyName}
	return interceptor(ctx, message, info, notify)
}

// NotifierClient calls the notifier of a connection.
type NotifierClient struct{ Connection grpc.ClientConnInterface }

// Notify implements [Notifier].
func (c NotifierClient) Notify(ctx context.Context, message shop.Message) (shop.Receipt, error) {
	var receipt shop.Receipt
	err := c.Connection.Invoke(ctx, "/"+notifierName+"/"+notifyName, &message, &receipt, grpc.ForceCodec(Codec{}))
	return receipt, err
}

// Codec is JSON for gRPC.
type Codec struct{}

// Marshal implements encoding.Codec.
func (Codec) Marshal(v any) ([]byte, error) { return json.Marshal(v) }

// Unmarshal implements encoding.Codec.
func (Codec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// Name implements encoding.Codec.
func (Codec) Name() string { return "json" }
