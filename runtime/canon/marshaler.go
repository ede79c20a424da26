package canon

import (
	"encoding"
	"encoding/json"
	"fmt"
)

// AppendMarshaler appends what m.MarshalJSON returns, canonicalized as by
// [AppendRaw]. encoding/json writes null for a nil pointer without calling its
// method, so the caller does that first. An error of MarshalJSON is wrapped, and
// a panic becomes one: results are hashed after the function has run, and what
// was done must not look as if it had failed.
func AppendMarshaler(dst []byte, m json.Marshaler) ([]byte, error) {
	return caught(dst, func() ([]byte, error) { return appendMarshaler(dst, m, MaxDepth) })
}

func appendMarshaler(dst []byte, m json.Marshaler, depth int) ([]byte, error) {
	raw, err := m.MarshalJSON()
	if err != nil {
		return dst, fmt.Errorf("MarshalJSON: %w", err)
	}
	// Not appendRaw: from a method nil is no JSON, as for encoding/json.
	return canonicalize(dst, raw, depth, true)
}

// AppendTextMarshaler appends what m.MarshalText returns as a JSON string. The
// caller writes null for a nil pointer itself. An error of MarshalText is
// wrapped and a panic becomes one; text that is not UTF-8 is [ErrUTF8].
func AppendTextMarshaler(dst []byte, m encoding.TextMarshaler) ([]byte, error) {
	return caught(dst, func() ([]byte, error) { return appendTextMarshaler(dst, m) })
}

func appendTextMarshaler(dst []byte, m encoding.TextMarshaler) ([]byte, error) {
	text, err := m.MarshalText()
	if err != nil {
		return dst, fmt.Errorf("MarshalText: %w", err)
	}
	return AppendString(dst, string(text))
}
