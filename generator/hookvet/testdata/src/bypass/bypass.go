package bypass // want package:"bypass.charge→Charge"

import "context"

//kest:verified policy=p
func charge(ctx context.Context, n int) error { return nil }

//kest:bypass "reason=made before the first request"
var early = charge(context.Background(), 1)

func allowed(ctx context.Context) error {
	//kest:bypass reason=migration
	_ = charge(ctx, 1)

	// With text above.
	//kest:bypass `reason=a call over several lines`
	retry(func() {},
		charge,
	)

	if ctx != nil {
		//kest:bypass reason=nested
		return charge(ctx, 1)
	}

	//kest:bypass "reason=the statement's one use"
	retry(func() {
		_ = charge(ctx, 1) // want `call of charge`
	}, charge)
	return nil
}

func notAllowed(ctx context.Context) {
	//kest:bypass reason=one
	both(charge, charge) // want `use of charge as a value, which goes around its Kest hook: call its wrapper Charge; the //kest:bypass above allows one use and this is another: put it on a line of its own`

	//kest:bypass reason=one
	_ = charge(ctx, 1)
	_ = charge(ctx, 1) // want `call of charge`

	//kest:bypass reason=one
	both(
		charge,
		//kest:bypass reason=two
		charge,
	)
}

func nearestFirst(ctx context.Context) {
	//kest:bypass reason=statement
	both(
		//kest:bypass reason=line
		charge, charge)
}

func mistakes(ctx context.Context) {
	/* want `this bypass has no reason: write //kest:bypass reason=word` */ //kest:bypass
	_ = charge(ctx, 1)                                                      // want `call of charge`

	/* want `this bypass has no reason` */ //kest:bypass reason=
	_ = charge(ctx, 1)                     // want `call of charge`

	/* want `this bypass has no reason` */ //kest:bypass "reason= "
	_ = charge(ctx, 1)                     // want `call of charge`

	/* want `has because, which is not key=value` */ //kest:bypass because
	_ = charge(ctx, 1)                               // want `call of charge`

	/* want `has until, which is not key=value` */ //kest:bypass reason=migration until March
	_ = charge(ctx, 1)                             // want `call of charge`

	/* want `unknown key why` */ //kest:bypass why=x
	_ = charge(ctx, 1)           // want `call of charge`

	/* want `has two reasons` */ //kest:bypass reason=x reason=y
	_ = charge(ctx, 1)           // want `call of charge`

	/* want `quotes in this bypass do not match` */ //kest:bypass "reason=x
	_ = charge(ctx, 1)                              // want `call of charge`

	/* want `looks like a bypass and is none: there is no //kest:bypas;` */ //kest:bypas reason=x
	_ = charge(ctx, 1)                                                      // want `call of charge`

	/* want `there is no //kest:bypass:;` */ //kest:bypass: reason=x
	_ = charge(ctx, 1)                       // want `call of charge`

	/* want `looks like a bypass and is none: write //kest:bypass reason=word or .*, without spaces` */ // kest:bypass reason=x
	_ = charge(ctx, 1)                                                                                  // want `call of charge`

	/* want `without spaces before it and in lower case` */ //Kest:Bypass reason=x
	_ = charge(ctx, 1)                                      // want `call of charge`

	/* want `without spaces before it and in lower case` */ //kest: bypass reason=x
	_ = charge(ctx, 1)                                      // want `call of charge`

	/* want `a block comment is no directive` */ /*kest:bypass reason=x*/
	_ = charge(ctx, 1)                           // want `call of charge`

	// Prose about kest:bypass, and this line, are no bypasses.
	// kest: the whole thing
	//	//kest:bypass reason=an example
}

func retry(func(), ...func(context.Context, int) error) {}
func both(_, _ func(context.Context, int) error)        {}
