package dot // want package:"embedding.inner.run→Run pay.Refund→VerifiedRefund pay.Service.Write→VerifiedWrite pay.Service.charge→Charge pay.charge→Charge"

import (
	"context"
	. "embedding"
	. "pay"
)

func use(ctx context.Context, d *Deep) error {
	_ = Refund(ctx, 1)     // want `call of pay.Refund`
	return d.Write(ctx, 1) // want `call of pay.Service.Write`
}
