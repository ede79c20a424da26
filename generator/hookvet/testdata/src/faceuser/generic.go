package faceuser

import (
	"context"

	"face"
)

// A type parameter's methods are its constraint's, which has no directive.
func as[X same](x X) face.Gateway { return x } // want `X becomes face.Gateway without Kest hooks`

func list[X same](x X) []face.Gateway { return []face.Gateway{x} } // want `X becomes face.Gateway`

func through[X face.Gateway](x X) face.Gateway { return x } // checked where X got its type

func assertions(s same, a any) error {
	if g, ok := s.(face.Gateway); ok { // want `same becomes face.Gateway`
		return g.Charge(context.Background(), 1)
	}
	switch g := s.(type) {
	case face.Gateway: // want `same becomes face.Gateway`
		return g.Charge(context.Background(), 1)
	case impl:
		return nil
	}
	_, ok := a.(face.Gateway) // any: see docs/vet.md
	_ = ok
	return nil
}
