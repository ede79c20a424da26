package canon

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
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

// AppendTextMap is [AppendMap] for maps whose keys are neither strings nor
// pointers and have MarshalText, which gives the names. encoding/json uses keys
// of a string kind as they are, whatever methods they have: so does [AppendMap].
// Two keys of one text are [ErrDuplicate]; an error of MarshalText is wrapped.
func AppendTextMap[M ~map[K]V, K textKey, V any](dst []byte, m M, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	return appendNamed(dst, m, func(k K) (string, error) {
		text, err := k.MarshalText()
		if err != nil {
			return "", fmt.Errorf("MarshalText: %w", err)
		}
		return string(text), nil
	}, value)
}

type textKey interface {
	comparable
	encoding.TextMarshaler
}

// AppendAnyMap is [AppendMap] for maps whose key type is a type parameter of the
// caller. Keys are written if they are of the predeclared string and integer
// types; any other is [ErrType], since without reflection nothing tells its kind.
func AppendAnyMap[M ~map[K]V, K comparable, V any](dst []byte, m M, value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	return appendNamed(dst, m, func(k K) (string, error) {
		switch k := any(k).(type) {
		case string:
			return k, nil
		case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr:
			text, err := appendAny(nil, k, MaxDepth)
			return string(trimQuotes(text)), err
		}
		return "", fmt.Errorf("key %T: %w", k, ErrType)
	}, value)
}

// trimQuotes takes away those of an integer that is no exact double.
func trimQuotes(text []byte) []byte {
	if text[0] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// AppendElement appends a value of a type parameter that encoding/json could
// take the address of, such as an element of a slice: there, methods with
// pointer receivers count. Else it is [AppendAny].
func AppendElement[E any](dst []byte, v *E) ([]byte, error) {
	switch any(v).(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return AppendAny(dst, v)
	}
	return AppendAny(dst, *v)
}

// AppendElements appends a slice of a type parameter as an array of what
// [AppendElement] writes, or as base64 if it is a []byte. A slice of a named
// byte type is [ErrType] even if it is empty, since encoding/json writes base64
// for it and nothing here can tell; so is one of any other type that is not for
// [AppendAny].
func AppendElements[S ~[]E, E any](dst []byte, s S) ([]byte, error) {
	if raw, ok := any([]E(s)).([]byte); ok {
		return AppendBytes(dst, raw), nil
	}
	if s == nil {
		return AppendNull(dst), nil
	}
	if len(s) == 0 && isOpaque[E]() {
		return dst, fmt.Errorf("%T: %w", s, ErrType)
	}
	size := len(dst)
	dst = append(dst, '[')
	for i := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendElement(dst, &s[i]); err != nil {
			return dst[:size], AtIndex(err, i)
		}
	}
	return append(dst, ']'), nil
}

// isOpaque says whether values of the type have no form that [AppendAny] knows.
func isOpaque[E any]() bool {
	var zero E
	for _, v := range []any{&zero, zero} {
		switch v.(type) {
		case nil, json.Marshaler, encoding.TextMarshaler:
			return false
		}
	}
	_, err := AppendAny(nil, zero)
	return errors.Is(err, ErrType)
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

// named is a member whose name is not its key.
type named[V any] struct {
	name  string
	value V
}

func appendNamed[M ~map[K]V, K comparable, V any](dst []byte, m M, name func(K) (string, error), value func(dst []byte, v V) ([]byte, error)) ([]byte, error) {
	if m == nil {
		return AppendNull(dst), nil
	}
	members := make([]named[V], 0, len(m))
	for k, v := range m {
		text, err := name(k)
		if err != nil {
			return dst, AtKey(err)
		}
		members = append(members, named[V]{text, v})
	}
	slices.SortFunc(members, func(a, b named[V]) int { return compare(a.name, b.name) })
	size := len(dst)
	dst = append(dst, '{')
	for i := range members {
		if i > 0 {
			if members[i].name == members[i-1].name {
				return dst[:size], AtKey(ErrDuplicate)
			}
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendString(dst, members[i].name); err != nil {
			return dst[:size], AtKey(err)
		}
		dst = append(dst, ':')
		if dst, err = value(dst, members[i].value); err != nil {
			return dst[:size], AtKey(err)
		}
	}
	return append(dst, '}'), nil
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
