package face

import "context"

type fake struct{}

func (fake) Charge(ctx context.Context, n int) error { return nil }

var double Gateway = fake{}

var real Gateway = stripe{} // want `stripe becomes Gateway without Kest hooks`
