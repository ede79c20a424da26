package cedarinput

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// MaxDepth is how many arrays and objects may be open at once in the
// attributes, themselves included: as in the engines for Rego.
const MaxDepth = 64

// Reasons for refusing attributes.
var (
	// ErrNull: Cedar has no null. A member that is null is left out instead.
	ErrNull = errors.New("null in an array, which Cedar cannot say: leave the element out")
	// ErrReserved: Cedar would read the object as an entity, an extension value or
	// an expression, which an argument must not be able to make up.
	ErrReserved = errors.New("a member named __entity, __extn or __expr, which Cedar reads as a value of another type: give it another name")
	// ErrNumber: Cedar's only numbers are integers of 64 bits.
	ErrNumber = errors.New("a number that is no 64-bit integer, the only kind Cedar has: give it in whole minor units (cents) or as text")
)

// AppendAttributes appends the attributes of a call, one JSON object, as a
// Cedar record in JSON. Members that are null are left out, at every depth;
// numbers come out as plain integers, so 1e3 is 1000; all else is as it was.
//
// It refuses whatever two readers could understand in two ways (see
// runtime/internal/strictjson), more than [MaxDepth] levels, and what Cedar
// cannot say: [ErrNull], [ErrReserved], [ErrNumber]. The error has the name of
// the attribute, which is the directive's, and no part of its value. dst comes
// back unchanged then.
func AppendAttributes(dst, attributes []byte) ([]byte, error) {
	start := strictjson.SkipSpace(attributes, 0)
	if start == len(attributes) || attributes[start] != '{' {
		return dst, errors.New("the attributes are not a JSON object: write {} when there are none")
	}
	if err := strictjson.Valid(attributes, MaxDepth); err != nil {
		return dst, fmt.Errorf("the attributes cannot be read: %w", err)
	}
	r := rewriter{in: attributes, out: dst}
	if _, err := r.object(start); err != nil {
		return dst, fmt.Errorf("attribute %.64q: %w", r.attribute, err)
	}
	return r.out, nil
}

// rewriter copies JSON that strictjson has found valid, so it looks neither at
// syntax nor at depth again.
type rewriter struct {
	in, out   []byte
	depth     int    // objects and arrays that are open
	attribute []byte // the member of the outermost object that is being read
}

// value copies the value that starts at in[i] and returns where it ends.
func (r *rewriter) value(i int) (int, error) {
	switch c := r.in[i]; c {
	case '{':
		return r.object(i)
	case '[':
		return r.array(i)
	case '"':
		end, _, err := strictjson.ScanString(r.in, i)
		return r.copy(i, end, err)
	case 't', 'f':
		end, err := strictjson.ScanLiteral(r.in, i)
		return r.copy(i, end, err)
	case 'n':
		return i, ErrNull
	default:
		end, plain, err := strictjson.ScanNumber(r.in, i)
		if err != nil {
			return i, err
		}
		n, ok := integer(r.in[i:end], plain)
		if !ok {
			return i, ErrNumber
		}
		r.out = strconv.AppendInt(r.out, n, 10)
		return end, nil
	}
}

func (r *rewriter) copy(i, end int, err error) (int, error) {
	r.out = append(r.out, r.in[i:end]...)
	return end, err
}

func (r *rewriter) object(i int) (int, error) {
	r.out = append(r.out, '{')
	empty := true
	i = strictjson.SkipSpace(r.in, i+1)
	if r.in[i] == '}' {
		r.out = append(r.out, '}')
		return i + 1, nil
	}
	r.depth++
	for more := true; more; {
		nameEnd, escaped, err := strictjson.ScanString(r.in, i)
		if err != nil {
			return i, err
		}
		name := r.in[i+1 : nameEnd-1]
		if escaped {
			name = strictjson.AppendUnescaped(nil, name)
		}
		if r.depth == 1 {
			r.attribute = name
		}
		if reserved(name) {
			return i, ErrReserved
		}
		colon := strictjson.SkipSpace(r.in, nameEnd)
		end := strictjson.SkipSpace(r.in, colon+1)
		if r.in[end] == 'n' {
			end += len("null")
		} else {
			if !empty {
				r.out = append(r.out, ',')
			}
			empty = false
			r.out = append(append(r.out, r.in[i:nameEnd]...), ':')
			if end, err = r.value(end); err != nil {
				return end, err
			}
		}
		if i, more, err = strictjson.Following(r.in, end, '}'); err != nil {
			return i, err
		}
	}
	r.depth--
	r.out = append(r.out, '}')
	return i, nil
}

// reserved tells the members that Cedar's JSON gives a meaning to. An object
// with another member beside them would be a record in some implementations.
func reserved(name []byte) bool {
	switch string(name) {
	case "__entity", "__extn", "__expr":
		return true
	}
	return false
}

func (r *rewriter) array(i int) (int, error) {
	r.out = append(r.out, '[')
	i = strictjson.SkipSpace(r.in, i+1)
	if r.in[i] == ']' {
		r.out = append(r.out, ']')
		return i + 1, nil
	}
	r.depth++
	for more := true; more; {
		end, err := r.value(i)
		if err != nil {
			return end, err
		}
		if i, more, err = strictjson.Following(r.in, end, ']'); err != nil {
			return i, err
		}
		if more {
			r.out = append(r.out, ',')
		}
	}
	r.depth--
	r.out = append(r.out, ']')
	return i, nil
}
