package canon

import (
	"encoding"
	"encoding/json"
	"fmt"
	"time"
)

// AppendAny appends the value that an interface holds, if it is one that JSON
// decodes to or is easily written: nil, bool, string, any integer or float,
// json.Number, json.RawMessage, []byte, time.Time, []any, map[string]any,
// []string, map[string]string, or a json.Marshaler or encoding.TextMarshaler.
// nil slices and maps are null.
//
// Any other type is [ErrType], since only reflection could write it; that
// includes named types of those kinds, such as type Level int. Nesting beyond
// [MaxDepth], which is also how a slice or map that contains itself ends, is
// [ErrDepth].
//
// encoding/json writes null for a nil pointer whose type has MarshalJSON or
// MarshalText. Here that can be seen for *time.Time, *json.RawMessage and
// *json.Number. Of other types the method is called: one that returns null
// for nil agrees, and one that panics gives an error, never a panic.
func AppendAny(dst []byte, v any) ([]byte, error) { return appendAny(dst, v, MaxDepth) }

func appendAny(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return AppendNull(dst), nil
	case bool:
		return AppendBool(dst, v), nil
	case string:
		return AppendString(dst, v)
	case int:
		return AppendInt(dst, int64(v)), nil
	case int8:
		return AppendInt(dst, int64(v)), nil
	case int16:
		return AppendInt(dst, int64(v)), nil
	case int32:
		return AppendInt(dst, int64(v)), nil
	case int64:
		return AppendInt(dst, v), nil
	case uint:
		return AppendUint(dst, uint64(v)), nil
	case uint8:
		return AppendUint(dst, uint64(v)), nil
	case uint16:
		return AppendUint(dst, uint64(v)), nil
	case uint32:
		return AppendUint(dst, uint64(v)), nil
	case uint64:
		return AppendUint(dst, v), nil
	case uintptr:
		return AppendUint(dst, uint64(v)), nil
	case float32:
		return AppendFloat32(dst, v)
	case float64:
		return AppendFloat64(dst, v)
	case json.Number:
		return AppendNumber(dst, v)
	case json.RawMessage:
		return appendRaw(dst, v, depth)
	case []byte:
		return AppendBytes(dst, v), nil
	case time.Time:
		return AppendTime(dst, v)
	case []any:
		return appendAnys(dst, v, depth)
	case map[string]any:
		if depth <= 0 {
			return dst, ErrDepth
		}
		return AppendMap(dst, v, func(dst []byte, v any) ([]byte, error) {
			return appendAny(dst, v, depth-1)
		})
	case []string:
		if depth <= 0 {
			return dst, ErrDepth
		}
		return AppendSlice(dst, v, AppendString)
	case map[string]string:
		if depth <= 0 {
			return dst, ErrDepth
		}
		return AppendMap(dst, v, AppendString)
	case *time.Time:
		if v == nil {
			return AppendNull(dst), nil
		}
		return AppendTime(dst, *v)
	case *json.RawMessage:
		if v == nil {
			return AppendNull(dst), nil
		}
		return appendRaw(dst, *v, depth)
	case *json.Number:
		if v == nil {
			return AppendNull(dst), nil
		}
		return AppendNumber(dst, *v)
	case json.Marshaler:
		return caught(dst, func() ([]byte, error) { return appendMarshaler(dst, v, depth) })
	case encoding.TextMarshaler:
		return AppendTextMarshaler(dst, v)
	}
	return dst, fmt.Errorf("%T: %w", v, ErrType)
}

func appendAnys(dst []byte, v []any, depth int) ([]byte, error) {
	if depth <= 0 {
		return dst, ErrDepth
	}
	return AppendSlice(dst, v, func(dst []byte, v any) ([]byte, error) {
		return appendAny(dst, v, depth-1)
	})
}

// caught turns a panic of a method, most likely of one called on a nil pointer
// that could not be recognized, into an error, so that the call is denied.
func caught(dst []byte, write func() ([]byte, error)) (out []byte, err error) {
	defer func() {
		if recover() != nil {
			out, err = dst, fmt.Errorf("%w: its method panicked", ErrType)
		}
	}()
	return write()
}
