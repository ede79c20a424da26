package embedding // want package:"embedding.inner.run→Run pay.Refund→VerifiedRefund .*"

import (
	"context"

	"pay"
)

type Outer struct {
	*pay.Service // want `embedding gives Outer the method pay.Service.Write, which goes around its Kest hook: make it a field with a name, and call its wrapper pay.Service.VerifiedWrite`
}

type Value struct {
	n           int
	pay.Service // want `embedding gives Value the method pay.Service.Write`
}

type Deep struct {
	Outer // want `embedding gives Deep the method pay.Service.Write`
}

var anonymous struct {
	pay.Service // want `embedding gives the struct the method pay.Service.Write`
}

type alias = struct {
	pay.Service // want `embedding gives the struct the method pay.Service.Write`
}

type Generic[T any] struct {
	pay.Service // want `embedding gives Generic the method pay.Service.Write`
	t           T
}

// Hidden has a method of its own of that name.
type Hidden struct{ pay.Service }

func (Hidden) Write(ctx context.Context, n int) error { return nil }

// Field cannot be called without its name.
type Field struct{ service pay.Service }

// Ambiguous has two at the same depth, so neither is promoted.
type Ambiguous struct {
	pay.Service
	writer
}

type writer struct{}

func (writer) Write() {}

func use(ctx context.Context, d Deep, v Value, g Generic[int]) {
	_ = d.Write(ctx, 1)            // want `call of pay.Service.Write`
	_ = d.Outer.Service.Write      // want `method value of pay.Service.Write`
	_ = g.Write(ctx, 1)            // want `call of pay.Service.Write`
	_ = (*Deep).Write              // want `method expression of pay.Service.Write`
	_ = Hidden{}.Write(ctx, 1)     // its own
	_ = v.VerifiedWrite(ctx, 1)    // the wrapper
	_ = anonymous.Write(ctx, 1)    // want `call of pay.Service.Write`
	_ = alias{}.Service.Name == "" // a field
}

// Unexported methods are promoted to other packages, where nobody can call them.
type quiet struct{ s *inner }

type inner struct{}

//kest:verified policy=p
func (*inner) run(ctx context.Context, n int) error { return nil }

type here struct{ *inner } // want `embedding gives here the method inner.run`
