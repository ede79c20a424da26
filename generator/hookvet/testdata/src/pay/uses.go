package pay

import "context"

type table struct {
	f func(context.Context, int) error
	m map[string]func(context.Context, int) error
}

var atStart = charge(context.Background(), 1) // want `^call of charge, which goes around its Kest hook: call its wrapper Charge, or allow this one use with //kest:bypass reason=… on the line above$`

var stored = charge // want `use of charge as a value`

var stores = table{f: charge, m: map[string]func(context.Context, int) error{"x": Refund}} // want `use of charge as a value` `use of Refund as a value, which goes around its Kest hook: call its wrapper VerifiedRefund`

func init() {
	stored = (charge) // want `use of charge as a value`
}

func calls(ctx context.Context, s *Service, list []Service) error {
	go charge(ctx, 1)        // want `go call of charge`
	defer charge(ctx, 1)     // want `deferred call of charge`
	go s.charge(ctx, 1)      // want `go call of Service.charge`
	defer (s.charge)(ctx, 1) // want `deferred call of Service.charge`
	each(charge)             // want `use of charge as a value`
	each(s.charge)           // want `method value of Service.charge`
	_ = (*Service).charge    // want `method expression of Service.charge`
	_ = list[0].charge       // want `method value of Service.charge`
	list[0].charge(ctx, 1)   // want `call of Service.charge, which goes around its Kest hook: call its wrapper Service.Charge`
	func() {
		_ = (*Service)(s).charge(ctx, 1) // want `call of Service.charge`
	}()
	if err := (charge)(ctx, 1); err != nil { // want `call of charge`
		return err
	}
	switch f := any(charge).(type) { // want `use of charge as a value`
	default:
		_ = f
	}
	return charge(ctx, 2) // want `call of charge`
}

func fine(ctx context.Context, s *Service) error {
	go Charge(ctx, 1)
	each(s.Charge)
	_ = (*Service).VerifiedWrite
	charge := func(context.Context, int) error { return nil } // another one of that name
	_ = table{f: charge}.f
	return VerifiedRefund(ctx, 1)
}

func each(func(context.Context, int) error) {}

type other struct{}

func (other) charge(context.Context, int) error { return nil }

func sameName(ctx context.Context, o other) error { return o.charge(ctx, 1) }
