package forged // want package:"forged.charge→Charge forged.deferred→Deferred forged.direct→Direct .*"

import "context"

type T struct{}

// otherFile has its wrapper in the generated file of another source.
//
//kest:verified policy=p
func otherFile(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func charge(ctx context.Context, n int) error { return nil }
