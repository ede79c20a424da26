package oracle

import (
	"cmp"
	"encoding/json"
)

type Number interface {
	~int | ~int8 | ~int64 | ~uint8 | ~uint32 | ~float32 | ~float64
}

type Pair[K comparable, V any] struct {
	Key   K
	Value V `json:"value"`
	Next  *Pair[K, V]
	Rest  []Pair[K, V] `json:",omitempty"`
	M     map[string]V
	A     [2]V
	P     *V
}

type List[T any] []T

type Named[T ~string | ~[]byte] struct{ V T }

// What depends on the type argument.
type Param[T any] struct {
	V  T
	P  *T
	L  []T
	A  [2]T
	M  map[string]T
	LP []*T
}

//kest:verified policy=p
func hashAnyParam[T any](v Param[T]) error { return nil }

//kest:verified policy=p
func hashAnyParams[T any](v []*Param[T]) error { return nil }

//kest:verified policy=p
func hashPair[K comparable, V any](v *Pair[K, V]) error { return nil }

//kest:verified policy=p
func hashList[T cmp.Ordered](v List[T]) error { return nil }

//kest:verified policy=p
func hashNumbers[T Number](v Param[T]) error { return nil }

//kest:verified policy=p
func hashFloats[T float32 | float64](v *Param[T]) error { return nil }

//kest:verified policy=p
func hashSigned[T ~int | ~int8](v *Param[T]) error { return nil }

//kest:verified policy=p
func hashStrings[T ~string](v Param[T]) error { return nil }

//kest:verified policy=p
func hashStringsPointer[T ~string](v *Param[T]) error { return nil }

//kest:verified policy=p
func hashMarshaler[T json.Marshaler](v Param[T]) error { return nil }

//kest:verified policy=p
func hashCore[S ~[]E, E ~int64, M ~map[K]S, K ~string](v map[string]M) error { return nil }

//kest:verified policy=p
func hashStruct[T interface{ ~struct{ A, B E } }, E bool | string](v *Param[T]) error { return nil }

//kest:verified policy=p
func hashPointerCore[P interface{ *T }, T any](v Param[P]) error { return nil }

//kest:verified policy=p
func hashKeys[K cmp.Ordered, I int | int64, U uint8 | uint](v struct {
	K map[K]int
	I map[I]K
	U map[U]string
}) error {
	return nil
}

//kest:verified policy=p
func (r Receiver[_, V]) hashReceiver(v map[string]V) error { return nil }

type Receiver[K any, V ~bool] struct{}
