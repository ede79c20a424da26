package forged

import "context"

//kest:verified policy=p
func noheader(ctx context.Context, n int) error { return nil }

func Noheader(ctx context.Context, n int) (err error) {
	call, err := wrapperHook.Begin(ctx) // want `use of the hook wrapperHook`
	if err != nil {
		return err
	}
	defer call.End(&err)

	call.Inherit()
	ctx, err = call.Enter()
	if err != nil {
		return err
	}
	err = noheader(ctx, n) // want `call of noheader`
	return err
}
