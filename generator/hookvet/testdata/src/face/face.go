package face // want package:"face.Gateway.Charge→VerifiedGateway"

import "context"

type Gateway interface {
	//kest:verified policy=p
	Charge(ctx context.Context, n int) error
}

type stripe struct{}

func (stripe) Charge(ctx context.Context, n int) error { return nil }

func New() Gateway {
	return NewVerifiedGateway(stripe{})
}

func Bare() Gateway {
	return stripe{} // want `stripe becomes Gateway without Kest hooks around Gateway.Charge: wrap it with NewVerifiedGateway`
}

func use(ctx context.Context, g Gateway, v *VerifiedGateway) error {
	_ = v.next.Charge(ctx, 1)   // want `use of the field next of VerifiedGateway, which is not behind its Kest hooks: call the methods of VerifiedGateway`
	gatewayChargeHook = nil     // want `use of the hook gatewayChargeHook, which belongs to the code that kestgen writes`
	_ = stripe{}.Charge(ctx, 1) // not annotated
	return g.Charge(ctx, 1)     // what g holds was checked where it became a Gateway
}
