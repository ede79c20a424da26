package faceuser // want package:"face.Gateway.Charge→VerifiedGateway"

import (
	"context"

	"face"
)

type impl struct{}

func (impl) Charge(ctx context.Context, n int) error { return nil }

type bigger interface {
	face.Gateway
	Close()
}

type same interface {
	Charge(ctx context.Context, n int) error
}

type middleware struct{ face.Gateway }

type logging struct{ next face.Gateway }

func (l logging) Charge(ctx context.Context, n int) error { return l.next.Charge(ctx, n) }

type lookalike struct{}

func NewVerifiedGateway(g face.Gateway) face.Gateway { return g }

func use(b bigger, s same) {
	var g face.Gateway = face.NewVerifiedGateway(impl{})
	g = impl{}                     // want `impl becomes face.Gateway without Kest hooks around face.Gateway.Charge: wrap it with face.NewVerifiedGateway`
	g = NewVerifiedGateway(impl{}) // want `impl becomes face.Gateway`
	g = s                          // want `same becomes face.Gateway`
	g = logging{g}                 // want `logging becomes face.Gateway`
	g = b                          // made of it
	g = middleware{g}              // promoted from it
	s = impl{}                     // another interface
	g = (*face.VerifiedGateway)(nil)
	_ = g
}
