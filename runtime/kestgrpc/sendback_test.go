package kestgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestgrpc"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestConsumedTaints: what is done with an answer has its taints, for each kind of
// call, and for streams without a message, too.
func TestConsumedTaints(t *testing.T) {
	p := newPropagator(t, withCache(t))
	for _, messages := range []int{0, 1, 5} {
		served := newService(func(c *kest.HookConfig) { c.Source, c.AddTaints = "internet", []string{"unverified"} })
		served.messages = messages
		client := dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: p, SendBack: true}), &kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
		for kind, call := range kinds {
			for _, hops := range []int{0, 2, 30} {
				t.Run(fmt.Sprintf("%s/%d messages/%d hops", kind, messages, hops), func(t *testing.T) {
					ctx, consumed := kest.Collect(chain(t, gatewayContext(t), hops))
					_, err := call(ctx, client)
					check(t, err)
					entry := lastEntry(t, chain(t, consumed.Join(ctx), 1))
					if !slices.Equal(entry.Taints, []string{"unverified"}) || entry.TrustScore != 10 || len(entry.ParentIDs) != 1 {
						t.Errorf("taints %v, trust %d, parents %v", entry.Taints, entry.TrustScore, entry.ParentIDs)
					}
				})
			}
		}
	}
}

// TestFanIn: three services at once.
func TestFanIn(t *testing.T) {
	p := newPropagator(t, nil)
	ctx, consumed := kest.Collect(chain(t, gatewayContext(t), 1))
	errs := make(chan error, 3)
	for i := range 3 {
		served := newService(func(c *kest.HookConfig) { c.AddTaints = []string{fmt.Sprintf("taint%d", i)} })
		client := dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: p, SendBack: true}), &kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
		go func() {
			_, err := client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
			errs <- err
		}()
	}
	for range 3 {
		check(t, <-errs)
	}
	joined := chain(t, consumed.Join(ctx), 1)
	if entry := lastEntry(t, joined); len(entry.ParentIDs) != 3 || !slices.Equal(entry.Taints, []string{"taint0", "taint1", "taint2"}) {
		t.Errorf("parents %v, taints %v", entry.ParentIDs, entry.Taints)
	}
	check(t, verifier(t, gateway, ledger).Verify(t.Context(), kest.PassportFromContext(joined)))
}

// TestAnswersWithoutLineage are taken as they are.
func TestAnswersWithoutLineage(t *testing.T) {
	p := newPropagator(t, nil)
	client := dial(t, serve(t, newService(), kestgrpc.ServerConfig{Lineage: p}), &kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
	for kind, call := range kinds {
		ctx, consumed := kest.Collect(gatewayContext(t))
		if _, err := call(ctx, client); err != nil || consumed.Passport().Len() != 0 {
			t.Errorf("%s: %v, %d entries", kind, err, consumed.Passport().Len())
		}
	}
}

// TestAnswersThatAreRefused: an answer whose lineage does not verify is an error,
// nobody sees the message, and the server is told to stop.
func TestAnswersThatAreRefused(t *testing.T) {
	p := newPropagator(t, nil)
	back := func(workload string, number byte) metadata.MD {
		ctx := inTrace(kest.NewContext(t.Context(), newRuntime(t, workload, kesttest.Allow())), number)
		header := make(http.Header)
		check(t, p.SendBack(ctx, kest.PassportFromContext(chain(t, ctx, 2)), propagation.HeaderCarrier(header)))
		return metadata.Pairs(kestpropagation.TipHeader, header.Get(kestpropagation.TipHeader), kestpropagation.PassportHeader, header.Get(kestpropagation.PassportHeader))
	}
	change := func(f func(metadata.MD)) metadata.MD {
		md := back(ledger, 1)
		f(md)
		return md
	}
	for name, test := range map[string]struct {
		header metadata.MD
		config func(*kestpropagation.Config)
		want   error
	}{
		"forged": {change(func(md metadata.MD) {
			md.Set("kest-passport", strings.Replace(md.Get("kest-passport")[0], ".eyJ", ".fyJ", 1))
		}), nil, kest.ErrLineageInvalid},
		"another trace":   {back(ledger, 2), nil, kest.ErrLineageInvalid},
		"unknown peer":    {back("spiffe://evil/ledger", 1), nil, kest.ErrLineageInvalid},
		"no tip":          {change(func(md metadata.MD) { md.Delete("kest-tip") }), nil, kest.ErrLineageMalformed},
		"no passport":     {change(func(md metadata.MD) { md.Delete("kest-passport") }), nil, kest.ErrLineageMalformed},
		"two passports":   {change(func(md metadata.MD) { md.Append("kest-passport", md.Get("kest-passport")...) }), nil, kest.ErrLineageMalformed},
		"dead key source": {back(ledger, 1), func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} }, kest.ErrLineageUnavailable},
	} {
		served := newService()
		served.messages, served.careless = 1000, true
		ended := make(chan error, 100)
		forging := grpc.ChainStreamInterceptor(func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			err := stream.SetHeader(test.header)
			if err == nil {
				err = handler(server, stream)
			}
			<-stream.Context().Done() // ends when the client gives up, or never
			ended <- stream.Context().Err()
			return err
		})
		forgingUnary := grpc.ChainUnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if err := grpc.SetHeader(ctx, test.header); err != nil {
				return nil, err
			}
			return handler(ctx, request)
		})
		target := serve(t, served, kestgrpc.ServerConfig{Lineage: p}, forging, forgingUnary)
		client := dial(t, target, &kestgrpc.ClientConfig{Lineage: newPropagator(t, test.config), TakeBack: true})
		for kind, call := range kinds {
			t.Run(name+"/"+kind, func(t *testing.T) {
				ctx, consumed := kest.Collect(gatewayContext(t))
				known, err := call(ctx, client)
				if !errors.Is(err, test.want) || errors.Is(err, kestpropagation.ErrAnswer) == (test.want == kest.ErrLineageUnavailable) {
					t.Errorf("got %v", err)
				}
				if known != "" || consumed.Passport().Len() != 0 {
					t.Errorf("the client knows %q and has %d entries", known, consumed.Passport().Len())
				}
				if kind != "unary" {
					<-ended
				}
			})
		}
	}
}

// TestRefusedAnswersAreEmptied, for who calls without generated code.
func TestRefusedAnswersAreEmptied(t *testing.T) {
	p := newPropagator(t, nil)
	forging := grpc.ChainUnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if err := grpc.SetHeader(ctx, metadata.Pairs("kest-tip", "x", "kest-passport", "x")); err != nil {
			return nil, err
		}
		return handler(ctx, request)
	})
	target := serve(t, newService(), kestgrpc.ServerConfig{Lineage: p}, forging)
	var answer testgrpc.SimpleResponse
	interceptor := kestgrpc.UnaryClientInterceptor(kestgrpc.ClientConfig{Lineage: p, TakeBack: true})
	connection := connect(t, target, grpc.WithChainUnaryInterceptor(interceptor))
	err := connection.Invoke(gatewayContext(t), testgrpc.TestService_UnaryCall_FullMethodName, &testgrpc.SimpleRequest{}, &answer)
	if !errors.Is(err, kest.ErrLineageMalformed) || answer.GetUsername() != "" {
		t.Errorf("got %v and the answer %q", err, answer.GetUsername())
	}
}

// TestLineageThatCannotBeSentBack: the answer is replaced by a status, whatever
// the handler does with the error.
func TestLineageThatCannotBeSentBack(t *testing.T) {
	for name, propagator := range map[string]*kestpropagation.Propagator{
		"no cache":   newPropagator(t, nil),
		"dead cache": newPropagator(t, func(c *kestpropagation.Config) { c.Cache = downCache{} }),
		"too large": newPropagator(t, func(c *kestpropagation.Config) {
			withCache(t)(c)
			c.MaxPassport = 1024
		}),
	} {
		for _, careless := range []bool{false, true} {
			for _, messages := range []int{0, 1} {
				served := newService()
				served.messages, served.careless = messages, careless
				served.unhooked = func(ctx context.Context) error {
					for range 40 { // nested
						if err := run(ctx, hook(), func(inside context.Context) { ctx = inside }); err != nil {
							return err
						}
					}
					return nil
				}
				client := dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: propagator, SendBack: true}), nil)
				for kind, call := range kinds {
					if kind == "client stream" {
						continue // below
					}
					t.Run(fmt.Sprintf("%s/%s/%t/%d", name, kind, careless, messages), func(t *testing.T) {
						got, err := call(t.Context(), client)
						wantStatus(t, err, codes.Unavailable)
						if got != "" {
							t.Errorf("the client got %q", got)
						}
					})
				}
			}
		}
	}
}

// TestHeaderThatWentOutEarly: an answer whose lineage came too late is none.
func TestHeaderThatWentOutEarly(t *testing.T) {
	p := newPropagator(t, nil)
	served := newService()
	served.unhooked = func(ctx context.Context) error {
		return errors.Join(run(ctx, hook(), func(context.Context) {}), grpc.SendHeader(ctx, metadata.Pairs("a", "b")))
	}
	client := dial(t, serve(t, served, kestgrpc.ServerConfig{Lineage: p, SendBack: true}), nil)
	_, err := client.UnaryCall(t.Context(), &testgrpc.SimpleRequest{})
	wantStatus(t, err, codes.Unavailable)
}
