package passporttable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Word is outside text as one word of a table or a line: as it is if it is of
// plain ASCII letters, digits and signs, and otherwise as a Go string literal of
// plain ASCII. So a control character cannot move the cursor, a direction
// override cannot turn a line around, a space cannot open another column, and
// a letter cannot pass for its look-alike of another alphabet. What has a quote
// is quoted too: nothing can pass for quoted that is not.
//
// A word of more than limit characters is shortened in its middle: names of
// workloads and operations differ by their ends.
func Word(s string, limit int) string {
	if !isBare(s) {
		s = strconv.QuoteToASCII(s)
	}
	if len(s) <= limit {
		return s
	}
	head := (limit - 1) / 2
	return s[:head] + ellipsis + s[len(s)-(limit-1-head):]
}

// ellipsis stands for what was left out. It is not ASCII, so no text from
// outside has one of its own.
const ellipsis = "…"

func isBare(s string) bool {
	if s == "" || s == none {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == ',' {
			return false
		}
	}
	return true
}

// Text is a sentence that may hold outside text, on one line of plain ASCII:
// whatever else there is stands as its Go escape. The ellipsis of this library's
// own errors stays. What comes after limit bytes is left out.
func Text(s string, limit int) string {
	var b strings.Builder
	for len(s) > 0 {
		if b.Len() >= limit {
			return b.String() + ellipsis
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r >= ' ' && r < 0x7f, r == '…':
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}
