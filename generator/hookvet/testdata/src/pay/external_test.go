package pay_test // want package:"pay.Refund→VerifiedRefund pay.Service.Write→VerifiedWrite pay.Service.charge→Charge pay.charge→Charge pay.inTest→InTest"

import (
	"context"

	"pay"
)

func external(ctx context.Context, s *pay.Service) {
	_ = pay.Refund(ctx, 1) // want `call of pay.Refund, which goes around its Kest hook: call its wrapper pay.VerifiedRefund`
	_ = s.Write(ctx, 1)    // want `call of pay.Service.Write, which goes around its Kest hook: call its wrapper pay.Service.VerifiedWrite`
	_ = pay.VerifiedRefund(ctx, 1)
}
