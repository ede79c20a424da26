package forged

import (
	"context"

	kest "github.com/kestgo/kest/runtime"
)

var _ kest.Hook

//kest:verified policy=p
func noHook(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func early(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func ignored(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func nested(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func value(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func deferred(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func twice(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func otherErr(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func later(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func paramHook(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func direct(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func misnamed(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func stranger(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func spareCall2(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func plainHook(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func inited(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func equal(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func noReturn(ctx context.Context, n int) error { return nil }

//kest:verified policy=p
func unbegun(ctx context.Context, n int) error { return nil }

type U struct{}

//kest:verified policy=p
func (T) method(ctx context.Context, n int) error { return nil }

// Not in generated code, so nobody knows what they are.
var (
	handHook  = kest.MustHook(kest.HookConfig{})
	spareCall *kest.Call
)
