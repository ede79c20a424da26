// Package strictjson reads JSON that came from outside, and refuses every text
// that two readers could understand in two ways.
//
// encoding/json takes the last of two members with one name, replaces bytes
// that are not UTF-8 and escapes that are half a surrogate pair, and matches
// member names without regard to case. Each of these lets a signed text mean
// one thing to the signer and another to the verifier. This package accepts
// RFC 8259 and nothing beside it: valid UTF-8, no lone surrogate, no member
// name twice in one object, bounded nesting, nothing after the value.
//
// It uses no reflection, works in the caller's bytes, and takes time in
// proportion to n log n for a text of n bytes, whatever the text is.
package strictjson

import (
	"errors"
	"strconv"
)

// MaxDepth is the deepest nesting that this package follows, whatever limit
// the caller gives: it bounds the stack. encoding/json has the same limit.
const MaxDepth = 10000

// Reasons for refusing a text. Errors of this package are of type [*Error] and
// match one of these with errors.Is.
var (
	// ErrSyntax: the text is not a JSON value (RFC 8259), or more than one.
	ErrSyntax = errors.New("not valid JSON (RFC 8259)")
	// ErrUTF8: the text is not valid UTF-8 (RFC 3629).
	ErrUTF8 = errors.New("invalid UTF-8: send text as UTF-8 and other bytes as base64")
	// ErrSurrogate: a \u escape is one half of a surrogate pair.
	ErrSurrogate = errors.New("lone surrogate escape: write both halves of the pair")
	// ErrDuplicate: an object has two members of one name, compared unescaped.
	ErrDuplicate = errors.New("duplicate member name: keep one of them")
	// ErrDepth: arrays and objects are nested deeper than the limit.
	ErrDepth = errors.New("nested too deep: flatten the value")
	// ErrKind: the value is valid JSON but of another kind than was asked for.
	ErrKind = errors.New("another kind of JSON value than expected")
)

// Error says why a text was refused, and where.
type Error struct {
	Offset int   // in bytes from the start of the text
	Err    error // one of the Err values of this package
}

func (e *Error) Error() string {
	return e.Err.Error() + ", at byte " + strconv.Itoa(e.Offset)
}

// Unwrap returns the reason, for errors.Is.
func (e *Error) Unwrap() error { return e.Err }

func fail(offset int, reason error) error { return &Error{Offset: offset, Err: reason} }

// Valid reports whether b is exactly one JSON value, with white space around
// it allowed. maxDepth is how many arrays and objects may be open at once: 0
// allows only a scalar, 1 also [] and {"a":1}. A limit above [MaxDepth] counts
// as MaxDepth. The error is an [*Error].
func Valid(b []byte, maxDepth int) error {
	s := newScanner()
	end, err := s.value(b, SkipSpace(b, 0), min(maxDepth, MaxDepth))
	if err != nil {
		return err
	}
	return atEnd(b, end)
}

// atEnd refuses anything but white space from i on.
func atEnd(b []byte, i int) error {
	if i = SkipSpace(b, i); i != len(b) {
		return fail(i, ErrSyntax)
	}
	return nil
}

// scanner checks a text by recursive descent; the depth left bounds the
// recursion. It holds the member names of all objects open at the moment, those
// of the innermost last.
type scanner struct{ names []name }

// newScanner makes room for the names of an entry at once.
func newScanner() scanner { return scanner{make([]name, 0, 16)} }

// name is a member name without its escapes, and where it stands.
type name struct {
	text   []byte
	offset int
}

// value checks the value that starts at b[i] and returns where it ends. At
// most depth arrays and objects may be nested in it, itself included.
func (s *scanner) value(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, fail(i, ErrSyntax)
	}
	switch b[i] {
	case '{':
		return s.object(b, i, depth)
	case '[':
		return s.array(b, i, depth)
	case '"':
		end, _, err := ScanString(b, i)
		return end, err
	case 't', 'f', 'n':
		return ScanLiteral(b, i)
	default:
		end, _, err := ScanNumber(b, i)
		return end, err
	}
}
