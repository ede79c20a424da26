package canon

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxSafe is the largest integer n such that n and n+1 are both exact doubles
// (RFC 7493 section 2.2).
const maxSafe = 1<<53 - 1

// AppendInt appends v in decimal, as a JSON string of its digits when it is
// outside ±(2^53−1).
func AppendInt(dst []byte, v int64) []byte {
	if v < -maxSafe || v > maxSafe {
		return AppendIntString(dst, v)
	}
	return strconv.AppendInt(dst, v, 10)
}

// AppendUint appends v in decimal, as a JSON string of its digits when it is
// above 2^53−1.
func AppendUint(dst []byte, v uint64) []byte {
	if v > maxSafe {
		return AppendUintString(dst, v)
	}
	return strconv.AppendUint(dst, v, 10)
}

// AppendFloat64 appends v in ECMAScript's number form (RFC 8785 section
// 3.2.2.3): the shortest decimal that reads back as v, without exponent from
// 1e-6 up to 1e21, negative zero as 0. NaN and infinities are [ErrNumber].
func AppendFloat64(dst []byte, v float64) ([]byte, error) {
	if v == 0 {
		return append(dst, '0'), nil // -0 too
	}
	if i := int64(v); -maxSafe <= i && i <= maxSafe && float64(i) == v {
		return strconv.AppendInt(dst, i, 10), nil
	}
	return appendFloat(dst, v, 64)
}

// AppendFloat32 appends v as encoding/json writes it, that is the shortest
// decimal that reads back as the same float32, and that decimal in the form of
// [AppendFloat64]. NaN and infinities are [ErrNumber].
func AppendFloat32(dst []byte, v float32) ([]byte, error) {
	if v == 0 {
		return append(dst, '0'), nil
	}
	// No second conversion is needed: such a decimal has nine digits at most,
	// and one of up to fifteen is the shortest for the double that it names.
	return appendFloat(dst, float64(v), 32)
}

// appendFloat appends v in ECMAScript's form, but negative zero as -0, which is
// also what encoding/json writes. bits is the size of the type v comes from.
func appendFloat(dst []byte, v float64, bits int) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return dst, ErrNumber
	}
	abs := math.Abs(v)
	low, high := 1e-6, 1e21
	if bits == 32 { // the cut-offs are decimals too, as float32 has them
		low, high = float64(float32(1e-6)), float64(float32(1e21))
	}
	if abs == 0 || low <= abs && abs < high {
		return strconv.AppendFloat(dst, v, 'f', -1, bits), nil
	}
	dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
	// Go pads an exponent to two digits, ECMAScript does not.
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst, nil
}

// AppendNumber appends n as encoding/json writes a json.Number, canonicalized
// as by [AppendRaw]: the empty one is 0, and an integer literal outside
// ±(2^53−1) becomes a JSON string. What is no number literal of RFC 8259, or
// outside the range of a double, is [ErrNumber].
func AppendNumber(dst []byte, n json.Number) ([]byte, error) {
	if n == "" {
		return append(dst, '0'), nil
	}
	b := []byte(n)
	end, integer, err := strictjson.ScanNumber(b, 0)
	if err != nil || end != len(b) {
		return dst, ErrNumber
	}
	return appendLiteral(dst, b, integer, true)
}

// appendLiteral appends the number literal b, which strictjson has accepted and
// found to be an integer or not. With exact, an integer that is not exact as a
// double becomes a string of its digits.
func appendLiteral(dst, b []byte, integer, exact bool) ([]byte, error) {
	if integer {
		switch safe := isSafe(b); {
		case safe && string(b) == "-0":
			return append(dst, '0'), nil
		case safe:
			return append(dst, b...), nil
		case exact:
			dst = append(dst, '"')
			dst = append(dst, b...)
			return append(dst, '"'), nil
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil { // out of range: the literal itself is known to be valid
		return dst, ErrNumber
	}
	return AppendFloat64(dst, v)
}

// isSafe says whether the integer literal is within ±(2^53−1). It has no leading
// zeros, so literals of one length compare as strings.
func isSafe(b []byte) bool {
	const limit = "9007199254740991"
	if b[0] == '-' {
		b = b[1:]
	}
	return len(b) < len(limit) || len(b) == len(limit) && string(b) <= limit
}
