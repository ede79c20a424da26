package pay // want package:"pay.Refund→VerifiedRefund pay.Service.Write→VerifiedWrite pay.Service.charge→Charge pay.charge→Charge"

import "context"

//kest:verified policy=p
func charge(ctx context.Context, n int) error {
	if n > 0 {
		return charge(ctx, n-1) // want `the recursive call of charge goes around its Kest hook: only the outer call is checked; call its wrapper Charge`
	}
	return nil
}

//kest:verified policy=p name=VerifiedRefund
func Refund(ctx context.Context, n int) error {
	return Charge(ctx, n)
}

type Service struct{ Name string }

//kest:verified policy=p
func (s *Service) charge(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
//kest:verified name=VerifiedWrite
func (s *Service) Write(ctx context.Context, n int) error { return s.Charge(ctx, n) }
