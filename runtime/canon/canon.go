// Package canon writes Go values as canonical JSON (RFC 8785, JCS), so that
// equal values hash alike in every implementation of Kest.
//
// The functions append to a byte slice and are what generated code calls, one
// per field, with no reflection on the way. The bytes of an accepted value are
// those of jcs.Transform(json.Marshal(v)), with one exception: an integer
// outside ±(2^53−1) is written as a JSON string of its decimal digits, since
// numbers in JCS are doubles and two different 64-bit integers would become one
// (PROTOCOL §4). A floating-point number stays a number whatever its size.
//
// What encoding/json would silently change is an error here: text that is not
// UTF-8, a Marshaler's output with a duplicate member or half a surrogate pair.
// A function that returns an error returns dst at its old length, so a pooled
// buffer stays usable.
//
// [Transform] and [Check] are pure RFC 8785, without the exception: they are for
// texts that others have written or will read, such as a signed entry.
package canon

import (
	"errors"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// MaxDepth is how deep arrays and objects may be nested in a value given to
// [AppendAny], [AppendRaw] or [Transform]. encoding/json gives up at 10000; no
// honest argument of a function comes near either, and each level costs stack.
const MaxDepth = 1000

// Reasons for refusing a value, to match with errors.Is.
var (
	// ErrUTF8: a string or JSON text is not valid UTF-8.
	ErrUTF8 = strictjson.ErrUTF8
	// ErrSyntax: what a json.RawMessage or Marshaler holds is not JSON.
	ErrSyntax = strictjson.ErrSyntax
	// ErrSurrogate: a JSON text has half a surrogate pair.
	ErrSurrogate = strictjson.ErrSurrogate
	// ErrDuplicate: an object in a JSON text has two members of one name.
	ErrDuplicate = strictjson.ErrDuplicate
	// ErrDepth: a value is nested deeper than the limit, or contains itself.
	ErrDepth = strictjson.ErrDepth
	// ErrNumber: a number is NaN, infinite, outside the range of a double, or
	// a json.Number that is none.
	ErrNumber = errors.New("number has no JSON form: check that it is finite and a valid literal")
	// ErrTime: a time has no RFC 3339 form.
	ErrTime = errors.New("time has no RFC 3339 form: year must be 0 to 9999 and zone offset below 24 hours")
	// ErrType: a value held by an interface is of a type that cannot be
	// written without reflection.
	ErrType = errors.New("type cannot be canonicalized without reflection: use a concrete type, give it MarshalJSON, or omit it")
	// ErrNotCanonical: a JSON text is valid but not in its canonical form.
	ErrNotCanonical = errors.New("not in canonical form (RFC 8785): canonicalize before signing")
)
