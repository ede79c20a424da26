// Package kest is the runtime of Kest for Go: it shows, for every sensitive
// call, who ran what, on whose behalf, on how trustworthy an input, under which
// policy, and that nobody changed the record later.
//
// A comment above a function says what has to hold before its body runs:
//
//	//kest:verified policy=kest/allow_trusted source=internal resource=orders/{orderID}
//	func processPayment(ctx context.Context, orderID string, amount float64) (Receipt, error)
//
// kestgen writes ProcessPayment, a wrapper made for exactly these types. It
// evaluates the policies over the lineage of the call, signs an audit entry that
// is linked by hash to its parents, and only then calls processPayment. Any
// error on the way is a denial: see [ErrDenied] and the other sentinels.
//
// At start-up a program makes a [Runtime] and hands it to [SetDefault], or to
// [NewContext] where several live side by side, as in tests:
//
//	rt, err := kest.New(kest.Config{Engine: engine, Identity: identity})
//	if err != nil {
//		return err
//	}
//	kest.SetDefault(rt)
//
// The entries of one branch of calls are a [Passport]. It travels in the
// context: [PassportFromContext] reads it, [Join] merges branches,
// [ParsePassport] reads one from outside and a [Verifier] decides whether to
// believe it. [User], [Agent], [Task] and [Token] say for whom a context runs.
//
// The package depends on OpenTelemetry's API, a YAML reader and a UUID library.
// Engines and identities that need more are packages of their own below it.
package kest
