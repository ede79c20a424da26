package canon

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// AppendString appends s as a JSON string. The error is [ErrUTF8] where
// encoding/json would put U+FFFD for what is not UTF-8: two different arguments
// must not hash alike.
func AppendString(dst []byte, s string) ([]byte, error) {
	dst, ok := strictjson.AppendQuoted(dst, s)
	if !ok {
		return dst, ErrUTF8
	}
	return dst, nil
}

// AppendBool appends true or false.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, "null"...) }

// AppendBytes appends v as encoding/json writes a []byte: a string of standard
// base64 with padding (RFC 4648 section 4), null for nil.
func AppendBytes(dst, v []byte) []byte {
	if v == nil {
		return AppendNull(dst)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, v)
	return append(dst, '"')
}

// AppendTime appends t as time.Time.MarshalJSON writes it: an RFC 3339 string
// with as many digits of the second as it needs, in t's own zone. A year outside
// 0 to 9999 and a zone offset of 24 hours or more are [ErrTime].
func AppendTime(dst []byte, t time.Time) ([]byte, error) {
	out, err := t.AppendText(append(dst, '"'))
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrTime, err)
	}
	return append(out, '"'), nil
}
