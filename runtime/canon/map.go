package canon

import (
	"slices"
	"strconv"
)

// AppendMap appends m as an object with its members in canonical order, each
// value written by value; a nil map is null. Errors carry a path ([AtKey]).
func AppendMap[M ~map[K]V, K ~string, V any](dst []byte, m M, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	return appendMap(dst, m, func(k K) string { return string(k) }, value)
}

// AppendIntMap is [AppendMap] for maps with integer keys, whose names are the
// decimal strings, sorted as strings.
func AppendIntMap[M ~map[K]V, K ~int | ~int8 | ~int16 | ~int32 | ~int64, V any](dst []byte, m M, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	return appendMap(dst, m, func(k K) string { return strconv.FormatInt(int64(k), 10) }, value)
}

// AppendUintMap is [AppendIntMap] for unsigned integers.
func AppendUintMap[M ~map[K]V, K ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr, V any](dst []byte, m M, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	return appendMap(dst, m, func(k K) string { return strconv.FormatUint(uint64(k), 10) }, value)
}

// AppendSlice appends s as an array, each element written by element; a nil
// slice is null. Errors carry a path ([AtIndex]). It is not for []byte, which
// encoding/json writes as base64: see [AppendBytes].
func AppendSlice[S ~[]E, E any](dst []byte, s S, element func(dst []byte, v E) ([]byte, error)) ([]byte, error) {
	if s == nil {
		return AppendNull(dst), nil
	}
	size := len(dst)
	dst = append(dst, '[')
	for i, v := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = element(dst, v); err != nil {
			return dst[:size], AtIndex(err, i)
		}
	}
	return append(dst, ']'), nil
}

type member[K comparable] struct {
	name string
	key  K
}

func appendMap[M ~map[K]V, K comparable, V any](dst []byte, m M, name func(K) string, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	if m == nil {
		return AppendNull(dst), nil
	}
	var buf [8]member[K]
	members := buf[:0]
	for k := range m {
		members = append(members, member[K]{name(k), k})
	}
	slices.SortFunc(members, func(a, b member[K]) int { return compare(a.name, b.name) })
	size := len(dst)
	dst = append(dst, '{')
	for i, e := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendString(dst, e.name); err != nil {
			return dst[:size], AtKey(err)
		}
		dst = append(dst, ':')
		if dst, err = value(dst, m[e.key]); err != nil {
			return dst[:size], AtKey(err)
		}
	}
	return append(dst, '}'), nil
}
