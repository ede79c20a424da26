package handmade // want package:"handmade.Gateway.Charge→VerifiedGateway"

import "context"

type Gateway interface {
	//kest:verified policy=p
	Charge(ctx context.Context, n int) error
}

type stripe struct{}

func (stripe) Charge(ctx context.Context, n int) error { return nil }

// VerifiedGateway has the name of the decorator, but kestgen did not write it.
type VerifiedGateway struct{ next Gateway }

func (v *VerifiedGateway) Charge(ctx context.Context, n int) error { return nil }

func NewVerifiedGateway(next Gateway) *VerifiedGateway { return &VerifiedGateway{next} }

var a Gateway = &VerifiedGateway{}      // want `VerifiedGateway becomes Gateway without Kest hooks`
var b Gateway = NewVerifiedGateway(nil) // want `VerifiedGateway becomes Gateway without Kest hooks`
var c = NewVerifiedGateway(stripe{})    // want `stripe becomes Gateway without Kest hooks`
