package generic

import "context"

type (
	first   = *second
	second  = Account
	Account struct{}
)

//kest:verified policy=p
func (a first) close(ctx context.Context) error { return nil }

//kest:verified policy=p
func (a *second) open(ctx context.Context) error { return nil }

type anonymous = interface {
	charge(ctx context.Context) error
}

func aliases(ctx context.Context, a *Account, named anonymous) {
	_ = a.close(ctx)      // want `call of Account.close, which goes around its Kest hook: call its wrapper Account.Close`
	_ = a.open(ctx)       // want `call of Account.open`
	_ = named.charge(ctx) // not the function of that name

	type Account interface { // not the type of that name
		open(ctx context.Context) error
	}
	var local Account
	_ = local.open(ctx)
}
