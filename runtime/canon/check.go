package canon

import (
	"strconv"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Check returns nil if b is byte for byte its own canonical form under RFC 8785,
// so that no second text has the same meaning, and is nested at most maxDepth
// deep, counted as for [Transform]: 0 allows only a scalar. A limit above
// [MaxDepth] counts as MaxDepth.
//
// A text that is valid JSON in another form is [ErrNotCanonical]; for others the
// errors are those of [Transform]. They give the byte offset.
func Check(b []byte, maxDepth int) error {
	maxDepth = min(maxDepth, MaxDepth)
	c := checker{b: b}
	end, ok := c.value(0, maxDepth)
	if ok && end == len(b) {
		return nil
	}
	// Something is wrong; what it is takes a second look.
	if err := strictjson.Valid(b, maxDepth); err != nil {
		return err
	}
	return &strictjson.Error{Offset: end, Err: ErrNotCanonical}
}

// checker reads a text in one pass and without memory of its own. Its grammar
// is that of canonical JSON, so members must ascend, which also makes their
// names different.
type checker struct{ b []byte }

// value returns where the canonical value that starts at b[i] ends. Without one
// ok is false, and end is about where b departs from the form.
func (c *checker) value(i, depth int) (end int, ok bool) {
	if i >= len(c.b) {
		return i, false
	}
	switch c.b[i] {
	case '"':
		end, _, ok = c.text(i)
		return end, ok
	case '{':
		return c.object(i, depth)
	case '[':
		return c.array(i, depth)
	case 't', 'f', 'n':
		end, err := strictjson.ScanLiteral(c.b, i)
		return end, err == nil
	default:
		return c.number(i)
	}
}

func (c *checker) object(i, depth int) (int, bool) {
	if depth <= 0 {
		return i, false
	}
	if i++; c.at(i, '}') {
		return i + 1, true
	}
	var previous []byte
	for first := true; ; first = false {
		end, escaped, ok := c.text(i)
		if !ok {
			return end, false
		}
		name := c.b[i+1 : end-1]
		if escaped {
			name = strictjson.AppendUnescaped(nil, name)
		}
		if !first && compare(previous, name) >= 0 || !c.at(end, ':') {
			return i, false
		}
		previous = name
		if i, ok = c.value(end+1, depth-1); !ok {
			return i, false
		}
		if c.at(i, '}') {
			return i + 1, true
		}
		if !c.at(i, ',') {
			return i, false
		}
		i++
	}
}

func (c *checker) array(i, depth int) (_ int, ok bool) {
	if depth <= 0 {
		return i, false
	}
	if i++; c.at(i, ']') {
		return i + 1, true
	}
	for {
		if i, ok = c.value(i, depth-1); !ok {
			return i, false
		}
		if c.at(i, ']') {
			return i + 1, true
		}
		if !c.at(i, ',') {
			return i, false
		}
		i++
	}
}

func (c *checker) at(i int, want byte) bool { return i < len(c.b) && c.b[i] == want }

// text returns where the string that starts at b[i] ends. A string without
// escapes is canonical; one with them must be what its text is written as.
func (c *checker) text(i int) (end int, escaped, ok bool) {
	end, escaped, err := strictjson.ScanString(c.b, i)
	if err != nil {
		return end, false, false
	}
	if !escaped {
		return end, false, true
	}
	token := c.b[i:end]
	again := appendQuoted(nil, strictjson.AppendUnescaped(nil, token[1:len(token)-1]))
	return end, true, string(again) == string(token)
}

// longestNumber is the length of the longest number in ECMAScript's form, such
// as -0.0000012345678901234567.
const longestNumber = 25

// number returns where the number that starts at b[i] ends. All but short
// integers must be what their double is written as.
func (c *checker) number(i int) (int, bool) {
	end, integer, err := strictjson.ScanNumber(c.b, i)
	if err != nil || end-i > longestNumber {
		return i, false
	}
	token := c.b[i:end]
	if integer && isSafe(token) {
		return end, string(token) != "-0"
	}
	v, err := strconv.ParseFloat(string(token), 64)
	if err != nil {
		return i, false
	}
	var buf [longestNumber]byte
	again, err := AppendFloat64(buf[:0], v)
	return end, err == nil && string(again) == string(token)
}
