package pay

import "context"

//kest:verified policy=p
func inTest(ctx context.Context, n int) error { return nil }

func testsToo(ctx context.Context) {
	_ = charge(ctx, 1) // want `call of charge`
	_ = inTest(ctx, 1) // want `call of inTest, which goes around its Kest hook: call its wrapper InTest`
	_ = InTest(ctx, 1)
}
