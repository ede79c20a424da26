package kest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kestgo/kest/runtime/canon"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// A canonicalReader walks along a text that has to be canonical JSON (RFC
// 8785) and keeps the first error. After an error it reads nothing more.
type canonicalReader struct {
	s   string
	i   int
	err error
}

func (d *canonicalReader) fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("at byte %d of the payload: %w", d.i, err)
		d.i = len(d.s)
	}
}

func (d *canonicalReader) at(c byte) bool { return d.i < len(d.s) && d.s[d.i] == c }

func (d *canonicalReader) accept(c byte) bool {
	if d.at(c) {
		d.i++
		return true
	}
	return false
}

func (d *canonicalReader) expect(c byte) {
	if d.err == nil && !d.accept(c) {
		d.fail(fmt.Errorf("%w: want %q, found %s", errNotCanonical, c, d.here()))
	}
}

// here describes what stands at the reading position.
func (d *canonicalReader) here() string {
	if d.i >= len(d.s) {
		return "the end"
	}
	return strconv.QuoteToASCII(d.s[d.i:min(d.i+1, len(d.s))])
}

func (d *canonicalReader) end() {
	if d.err == nil && d.i != len(d.s) {
		d.fail(fmt.Errorf("%w: text after the end of the entry", errNotCanonical))
	}
}

// errNotCanonical is for a payload that is JSON, perhaps, but not the one text
// that RFC 8785 has for it.
var errNotCanonical = fmt.Errorf("not canonical JSON (RFC 8785)")

// A memberReader reads the members of one object, all of which must be there.
type memberReader struct {
	d     *canonicalReader
	names []string // in canonical order
	at    int
}

func (d *canonicalReader) object(names []string) *memberReader {
	d.expect('{')
	return &memberReader{d: d, names: names}
}

// next goes to the value of the member with this name.
func (m *memberReader) next(name string) {
	d := m.d
	if m.at > 0 && !d.at('}') {
		d.expect(',')
	}
	if d.err != nil {
		return
	}
	if d.at('}') {
		d.fail(fmt.Errorf("member %q is missing", name))
		return
	}
	if found := d.text(); d.err == nil && found != name {
		m.unexpected(found)
		return
	}
	d.expect(':')
	m.at++
}

// unexpected says what is wrong with a name that stands in another's place.
func (m *memberReader) unexpected(found string) {
	switch place := slices.Index(m.names, found); {
	case place < 0:
		m.d.fail(fmt.Errorf("unknown member %q", found))
	case place < m.at:
		m.d.fail(fmt.Errorf("%w: member %q stands twice or out of order", errNotCanonical, found))
	default:
		m.d.fail(fmt.Errorf("member %q is missing or out of order", m.names[m.at]))
	}
}

func (m *memberReader) end() {
	d := m.d
	if d.err == nil && d.accept(',') {
		if found := d.text(); d.err == nil {
			m.unexpected(found)
		}
		return
	}
	d.expect('}')
}

func (d *canonicalReader) array(element func()) {
	d.expect('[')
	if d.accept(']') {
		return
	}
	for d.err == nil {
		element()
		if d.accept(']') {
			return
		}
		d.expect(',')
	}
}

// texts reads an array of strings; it is never nil.
func (d *canonicalReader) texts() []string {
	list := []string{}
	d.array(func() { list = append(list, d.text()) })
	return list
}

// textMap reads an object whose values are strings. Names in strictly rising
// UTF-16 order are sorted and unique.
func (d *canonicalReader) textMap() map[string]string {
	d.expect('{')
	texts := make(map[string]string)
	if d.accept('}') {
		return texts
	}
	previous := ""
	for d.err == nil {
		name := d.text()
		if d.err == nil && len(texts) > 0 && !canon.Less(previous, name) {
			d.fail(fmt.Errorf("%w: member %q stands twice or out of order", errNotCanonical, name))
			break
		}
		d.expect(':')
		value := d.text()
		if d.err != nil {
			break
		}
		texts[name] = value
		previous = name
		if d.accept('}') {
			break
		}
		d.expect(',')
	}
	return texts
}

// integer reads a canonical number that is an integer within ±(2^53−1).
func (d *canonicalReader) integer() int64 {
	if d.err != nil {
		return 0
	}
	start := d.i
	d.accept('-')
	for d.i < len(d.s) && '0' <= d.s[d.i] && d.s[d.i] <= '9' {
		d.i++
	}
	digits := strings.TrimPrefix(d.s[start:d.i], "-")
	value, err := strconv.ParseInt(d.s[start:d.i], 10, 64)
	const limit = 1<<53 - 1
	leadingZero := strings.HasPrefix(digits, "0") && d.s[start:d.i] != "0"
	if err != nil || value > limit || value < -limit || leadingZero {
		d.fail(fmt.Errorf("not an integer in canonical form"))
		return 0
	}
	return value
}

// text reads a string. Most have no escapes and are a part of the payload.
func (d *canonicalReader) text() string {
	d.expect('"')
	if d.err != nil {
		return ""
	}
	start := d.i
	for {
		for d.i < len(d.s) && strictjson.Plain(d.s[d.i]) {
			d.i++
		}
		if d.i >= len(d.s) {
			d.fail(fmt.Errorf("%w: a string has no end", errNotCanonical))
			return ""
		}
		switch c := d.s[d.i]; {
		case c == '"':
			text := d.s[start:d.i]
			d.i++
			return text
		case c == '\\':
			return d.escapedText(start)
		case c < 0x20:
			d.fail(fmt.Errorf("%w: control character in a string", errNotCanonical))
			return ""
		default:
			d.rune()
		}
	}
}

func (d *canonicalReader) rune() {
	r, size := utf8.DecodeRuneInString(d.s[d.i:])
	if r == utf8.RuneError && size <= 1 {
		d.fail(fmt.Errorf("a string is not valid UTF-8"))
		return
	}
	d.i += size
}

// escapedText reads on in a string that has escapes, and demands that writing
// it again gives the same bytes.
func (d *canonicalReader) escapedText(start int) string {
	var text []byte
	for i := start; i < len(d.s); i++ {
		switch c := d.s[i]; {
		case c == '"':
			written, err := canon.AppendString(nil, string(text))
			if err != nil {
				d.fail(fmt.Errorf("a string is not valid UTF-8"))
				return ""
			}
			if string(written) != d.s[start-1:i+1] {
				d.fail(fmt.Errorf("%w: a string is escaped in another way than it must be", errNotCanonical))
				return ""
			}
			d.i = i + 1
			return string(text)
		case c == '\\':
			plain, size := unescape(d.s[i:])
			if size == 0 {
				d.fail(fmt.Errorf("%w: unknown escape in a string", errNotCanonical))
				return ""
			}
			text = append(text, plain)
			i += size - 1
		default:
			text = append(text, c)
		}
	}
	d.fail(fmt.Errorf("%w: a string has no end", errNotCanonical))
	return ""
}

// unescape reads one of the escapes that canonical JSON has and says how long
// it is, 0 if it is none of them.
func unescape(s string) (plain byte, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	if at := strings.IndexByte(`"\bfnrt`, s[1]); at >= 0 {
		return "\"\\\b\f\n\r\t"[at], 2
	}
	if s[1] == 'u' && len(s) >= 6 {
		if code, err := strconv.ParseUint(s[2:6], 16, 8); err == nil {
			return byte(code), 6
		}
	}
	return 0, 0
}

// skipValue finds the end of a JSON value without judging it: nothing but
// nesting and strings matter for that.
func (d *canonicalReader) skipValue() string {
	start, depth := d.i, 0
	for d.err == nil && d.i < len(d.s) {
		switch d.s[d.i] {
		case '"':
			d.text()
			continue
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return d.s[start:d.i]
			}
			if d.s[d.i] != ',' {
				depth--
			}
		}
		d.i++
	}
	return d.s[start:d.i]
}
