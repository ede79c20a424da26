package forged

import "context"

//kest:verified policy=p
func late(ctx context.Context, n int) error { return nil }
