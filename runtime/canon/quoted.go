package canon

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// The functions of this file write fields with the "string" option in their
// tag, whose JSON is a string that holds the JSON of the value. The text within
// is the one encoding/json writes, not the canonical one: JCS does not look
// inside strings.

// AppendIntString appends v for a field tagged ",string".
func AppendIntString(dst []byte, v int64) []byte {
	dst = append(dst, '"')
	dst = strconv.AppendInt(dst, v, 10)
	return append(dst, '"')
}

// AppendUintString appends v for a field tagged ",string".
func AppendUintString(dst []byte, v uint64) []byte {
	dst = append(dst, '"')
	dst = strconv.AppendUint(dst, v, 10)
	return append(dst, '"')
}

// AppendBoolString appends v for a field tagged ",string".
func AppendBoolString(dst []byte, v bool) []byte {
	dst = append(dst, '"')
	dst = AppendBool(dst, v)
	return append(dst, '"')
}

// AppendFloat64String appends v for a field tagged ",string". Negative zero is
// "-0". NaN and infinities are [ErrNumber].
func AppendFloat64String(dst []byte, v float64) ([]byte, error) {
	return appendFloatString(dst, v, 64)
}

// AppendFloat32String appends v for a field tagged ",string". Negative zero is
// "-0". NaN and infinities are [ErrNumber].
func AppendFloat32String(dst []byte, v float32) ([]byte, error) {
	return appendFloatString(dst, float64(v), 32)
}

func appendFloatString(dst []byte, v float64, bits int) ([]byte, error) {
	size := len(dst)
	dst, err := appendFloat(append(dst, '"'), v, bits)
	if err != nil {
		return dst[:size], err
	}
	return append(dst, '"'), nil
}

// AppendNumberString appends n for a field tagged ",string": the literal as it
// stands, "0" for the empty one. What is no number literal is [ErrNumber].
func AppendNumberString(dst []byte, n json.Number) ([]byte, error) {
	if n == "" {
		n = "0"
	}
	if end, _, err := strictjson.ScanNumber([]byte(n), 0); err != nil || end != len(n) {
		return dst, ErrNumber
	}
	dst = append(dst, '"')
	dst = append(dst, n...)
	return append(dst, '"'), nil
}

// AppendStringString appends s for a field tagged ",string": a JSON string that
// holds a JSON string. The inner one is escaped as encoding/json does for HTML.
// The error is [ErrUTF8].
func AppendStringString(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, ErrUTF8
	}
	inner, err := json.Marshal(s)
	if err != nil {
		return dst, err
	}
	return AppendString(dst, string(inner))
}
