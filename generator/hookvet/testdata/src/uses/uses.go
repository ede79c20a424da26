package uses // want package:"pay.Refund→VerifiedRefund pay.Service.Write→VerifiedWrite pay.Service.charge→Charge pay.charge→Charge"

import (
	"context"
	renamed "pay"
)

var Refund = renamed.Refund // want `use of pay.Refund as a value`

func use(ctx context.Context, s renamed.Service) error {
	defer renamed.Refund(ctx, 1)       // want `deferred call of pay.Refund`
	f := s.Write                       // want `method value of pay.Service.Write`
	_ = f(ctx, 1)                      // a value: seen where it was taken
	_ = (*renamed.Service).Write       // want `method expression of pay.Service.Write`
	_ = renamed.VerifiedRefund(ctx, 1) // the wrapper
	return s.VerifiedWrite(ctx, 1)
}
