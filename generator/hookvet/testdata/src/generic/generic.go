package generic // want package:"generic.Account.close→Close generic.Account.open→Open generic.Box.Put→VerifiedPut generic.Repo.Save→VerifiedRepo generic.charge→Charge"

import "context"

//kest:verified policy=p
func charge[T any](ctx context.Context, t T) error { return nil }

type Box[T any] struct{ t T }

//kest:verified policy=p name=VerifiedPut
func (b *Box[T]) Put(ctx context.Context, t T) error { return nil }

type putter[T any] interface {
	Put(ctx context.Context, t T) error
}

func use(ctx context.Context, b *Box[int]) {
	_ = charge(ctx, 1)          // want `call of charge`
	_ = charge[string]          // want `use of charge as a value`
	_ = charge[string](ctx, "") // want `call of charge`
	_ = b.Put(ctx, 1)           // want `call of Box.Put, which goes around its Kest hook: call its wrapper Box.VerifiedPut`
	_ = (*Box[string]).Put      // want `method expression of Box.Put`
	var p putter[int] = b       // want `\*Box\[int\] becomes putter\[int\], through which Box.Put can be called`
	_ = p
}

type Repo[T any] interface {
	//kest:verified policy=p
	Save(ctx context.Context, t T) error
}

type file struct{}

func (file) Save(ctx context.Context, n int) error { return nil }

func repos() Repo[int] {
	_ = NewVerifiedRepo[int](file{}).next // want `use of the field next of VerifiedRepo`
	var r Repo[int] = NewVerifiedRepo[int](file{})
	r = file{} // want `file becomes Repo\[int\] without Kest hooks around Repo.Save: wrap it with NewVerifiedRepo`
	return r
}
