package forged

import "context"

//kest:verified policy=p
func wrong(ctx context.Context, n int) error { return nil }
