package kestgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TestRoundTrip: passports of any length, with each kind of call, arrive beside
// what the caller sends itself.
func TestRoundTrip(t *testing.T) {
	p := newPropagator(t, withCache(t))
	client := dial(t, serve(t, newService(), kestgrpc.ServerConfig{Lineage: p}), &kestgrpc.ClientConfig{Lineage: p})
	for kind, call := range kinds {
		for _, hops := range []int{0, 1, 4, 30} {
			t.Run(fmt.Sprintf("%s/%d", kind, hops), func(t *testing.T) {
				ctx := metadata.AppendToOutgoingContext(chain(t, gatewayContext(t), hops), "Baggage", "tenant=a", "baggage", "x=y")
				got, err := call(ctx, client)
				check(t, err)
				if n := entries(t, got); n != hops+1 {
					t.Errorf("%d entries, want %d", n, hops+1)
				}
				if md, _ := metadata.FromOutgoingContext(ctx); len(md.Get("kest-lineage")) > 0 {
					t.Error("the caller's metadata was changed")
				}
			})
		}
	}
}

// TestCallsThatAreNotMade: a lineage that cannot be sent keeps the call here.
func TestCallsThatAreNotMade(t *testing.T) {
	served := newService()
	target := serve(t, served, kestgrpc.ServerConfig{Lineage: newPropagator(t, nil)})
	for name, test := range map[string]struct {
		ctx  context.Context
		want error
	}{
		"too large, no cache": {chain(t, gatewayContext(t), 30), kest.ErrLineageUnavailable},
		"refused":             {kest.Refuse(gatewayContext(t), errors.New("reason")), kest.ErrLineageInvalid},
	} {
		client := dial(t, target, &kestgrpc.ClientConfig{Lineage: newPropagator(t, nil), TakeBack: true})
		for kind, call := range kinds {
			if _, err := call(test.ctx, client); !errors.Is(err, test.want) {
				t.Errorf("%s, %s: got %v", name, kind, err)
			}
		}
	}
	served.didNotRun(t)
}

// TestServerThatIsNotThere: its status is given on.
func TestServerThatIsNotThere(t *testing.T) {
	client := dial(t, "127.0.0.1:1", &kestgrpc.ClientConfig{Lineage: newPropagator(t, nil), TakeBack: true})
	for kind, call := range kinds {
		t.Run(kind, func(t *testing.T) {
			_, err := call(gatewayContext(t), client)
			wantStatus(t, err, codes.Unavailable)
		})
	}
}

// TestDeadlines end calls that wait, on both sides of the interceptors.
func TestDeadlines(t *testing.T) {
	p := newPropagator(t, nil)
	// waiting is a client of handlers that wait until their call ends.
	waiting := func(t *testing.T) (client testgrpc.TestServiceClient, started, released chan struct{}) {
		started, released = make(chan struct{}, 1), make(chan struct{}, 1)
		served := newService()
		served.unhooked = func(ctx context.Context) error {
			started <- struct{}{}
			<-ctx.Done()
			released <- struct{}{}
			return ctx.Err()
		}
		return dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: p, SendBack: true}), &kestgrpc.ClientConfig{Lineage: p, TakeBack: true}), started, released
	}
	for kind, call := range kinds {
		t.Run("deadline/"+kind, func(t *testing.T) {
			client, _, _ := waiting(t)
			ctx, cancel := context.WithTimeout(gatewayContext(t), 100*time.Millisecond)
			defer cancel()
			_, err := call(ctx, client)
			wantStatus(t, err, codes.DeadlineExceeded)
		})
		t.Run("canceled/"+kind, func(t *testing.T) {
			client, started, released := waiting(t)
			ctx, cancel := context.WithCancel(gatewayContext(t))
			go func() {
				<-started
				cancel()
			}()
			_, err := call(ctx, client)
			wantStatus(t, err, codes.Canceled)
			<-released
		})
	}
}

// TestConcurrentCalls share interceptors, a connection and call options.
func TestConcurrentCalls(t *testing.T) {
	p := newPropagator(t, withCache(t))
	client := dial(t, serve(t, newService(), kestgrpc.ServerConfig{Lineage: p, Identity: authenticator{}, SendBack: true}),
		&kestgrpc.ClientConfig{Lineage: p, SendToken: true, TakeBack: true})
	shared := append(make([]grpc.CallOption, 0, 8), grpc.WaitForReady(true))
	ctx := chain(t, kest.WithToken(gatewayContext(t), secret+"/alice"), 2)
	ctx, consumed := kest.Collect(ctx)
	var group sync.WaitGroup
	for range 8 {
		for kind, call := range kinds {
			group.Go(func() {
				if got, err := call(ctx, client, shared...); err != nil || got[:1] != "3" {
					t.Errorf("%s: %q, %v", kind, got, err)
				}
			})
		}
	}
	group.Wait()
	if n := len(consumed.Passport().Tips()); n != 8*len(kinds) {
		t.Errorf("%d tips, want one of each call", n)
	}
}

// TestOwnHeaderOption: a caller that asks for the header gets it, too.
func TestOwnHeaderOption(t *testing.T) {
	p := newPropagator(t, nil)
	client := dial(t, serve(t, newService(), kestgrpc.ServerConfig{Lineage: p, SendBack: true}), &kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
	for kind, call := range kinds {
		var header metadata.MD
		ctx, consumed := kest.Collect(gatewayContext(t))
		_, err := call(ctx, client, grpc.Header(&header))
		check(t, err)
		if len(header.Get(kestpropagation.TipHeader)) != 1 || consumed.Passport().Len() != 1 {
			t.Errorf("%s: the caller's header %v, %d entries", kind, header, consumed.Passport().Len())
		}
	}
}
