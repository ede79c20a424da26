package strictjson

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// SkipSpace returns the first index from i on that holds no JSON white space.
func SkipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// plain tells the ASCII bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// Plain says whether c is an ASCII byte that stands for itself in a JSON string.
func Plain(c byte) bool { return plain[c] }

// allPlain says whether each of the eight bytes of x is plain. Passports are
// long strings without any other byte, and are read for every request. It looks
// at all bytes at once: the top bit of a byte of the sum below is set if that
// byte is below 0x20, a quote, a backslash, or not ASCII. A borrow from a byte
// below can only set it too often, so the answer true is always right.
func allPlain(x uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quotes, backslashes := x^(ones*'"'), x^(ones*'\\')
	return (x|(x-ones*0x20)|(quotes-ones)|(backslashes-ones))&tops == 0
}

// ScanString checks the string that starts at b[i], quotes included, and
// returns the index behind its closing quote. escaped says whether it has any
// escape; without one the bytes between the quotes are the text.
func ScanString(b []byte, i int) (end int, escaped bool, err error) {
	if i >= len(b) || b[i] != '"' {
		return i, false, fail(i, ErrSyntax)
	}
	i++
	for {
		for len(b)-i >= 8 && allPlain(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
		}
		for i < len(b) && plain[b[i]] {
			i++
		}
		if i >= len(b) {
			return i, false, fail(i, ErrSyntax)
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = scanEscape(b, i); err != nil {
				return i, false, err
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return i, false, fail(i, ErrUTF8)
			}
			i += n
		default: // a control character, which RFC 8259 wants escaped
			return i, false, fail(i, ErrSyntax)
		}
	}
}

// scanEscape checks the escape whose backslash is b[i], for a surrogate pair
// both of its escapes, and returns the index behind it.
func scanEscape(b []byte, i int) (int, error) {
	if i+1 >= len(b) {
		return i, fail(i, ErrSyntax)
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		r, ok := hex4(b, i)
		if !ok {
			return i, fail(i, ErrSyntax)
		}
		if !utf16.IsSurrogate(r) {
			return i + 6, nil
		}
		low, ok := hex4(b, i+6)
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return i, fail(i, ErrSurrogate)
		}
		return i + 12, nil
	}
	return i, fail(i, ErrSyntax)
}

// hex4 reads \uXXXX at b[i].
func hex4(b []byte, i int) (r rune, ok bool) {
	if len(b)-i < 6 || b[i] != '\\' || b[i+1] != 'u' {
		return 0, false
	}
	for _, c := range b[i+2 : i+6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// ScanNumber checks the number that starts at b[i] and returns the index
// behind it. integer says whether it is written as one: no fraction and no
// exponent. What may follow a number is for the caller to check.
func ScanNumber(b []byte, i int) (end int, integer bool, err error) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0': // no digit may follow a leading zero
		i++
	default:
		if i, err = scanDigits(b, i); err != nil {
			return i, false, err
		}
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		if i, err = scanDigits(b, i+1); err != nil {
			return i, false, err
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		integer = false
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i, err = scanDigits(b, i); err != nil {
			return i, false, err
		}
	}
	return i, integer, nil
}

// scanDigits returns the index behind the digits at b[i], of which there must
// be one at least.
func scanDigits(b []byte, i int) (int, error) {
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i == start {
		return i, fail(i, ErrSyntax)
	}
	return i, nil
}

// ScanLiteral checks for true, false or null at b[i] and returns the index
// behind it.
func ScanLiteral(b []byte, i int) (int, error) {
	for _, literal := range [...]string{"true", "false", "null"} {
		if end := i + len(literal); end <= len(b) && string(b[i:end]) == literal {
			return end, nil
		}
	}
	return i, fail(i, ErrSyntax)
}
