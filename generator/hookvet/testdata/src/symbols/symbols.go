package symbols // want package:"pay.charge→Charge symbols.charge→Charge"

import (
	"context"
	_ "pay"
	_ "unsafe"
)

//kest:verified policy=p
func charge(ctx context.Context, n int) error { return nil }

// fromAfar is in another package and unexported.
/* want `linkname of charge of pay, which goes around its Kest hook: call its wrapper Charge` */ //go:linkname fromAfar pay.charge
func fromAfar(ctx context.Context, n int) error

/* want `linkname of Service.charge of pay` */ //go:linkname method pay.(*Service).charge
func method(s *int, ctx context.Context, n int) error

/* want `linkname of charge of symbols` */ //go:linkname charge symbols.pushed

/* want `linkname of Service.charge of pay` */ //go:linkname value pay.Service.charge
func value(s int, ctx context.Context, n int) error

/* want `export of charge to C` */ //export charge

//go:linkname unrelated pay.Charge
func unrelated(ctx context.Context, n int) error
