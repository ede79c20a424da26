package cedar

import (
	"fmt"
	"strings"
)

// Limits on one policy or declaration. cedar-go reads and evaluates by recursion
// without a limit, and a stack that overflows ends the process, which nothing
// can catch. No expression is nested deeper than it has tokens.
const (
	maxTokens = 20_000
	// maxPath is how many members one path may have: more than values are deep.
	// cedar-go takes the square of it for has.
	maxPath = 128
)

// oversized finds the first statement beyond a limit, in the syntax of policies
// and schemas alike, and says where it starts and which limit it is; "" for
// none. It counts each byte outside of words, text and comments as a token, so it
// may count too many and never too few.
func oversized(text string) (offset int, limit string) {
	tokens, path, start := 0, 0, 0
	for i := 0; i < len(text); {
		c := text[i]
		if tokens == 0 {
			start = i
		}
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
			continue
		case strings.HasPrefix(text[i:], "//"):
			i = behind(text, i, "\n")
			continue
		case strings.HasPrefix(text[i:], "/*"):
			i = behind(text, i+2, "*/")
			continue
		case c == ';':
			tokens, path = 0, 0
			i++
			continue
		case c == '"':
			i = closingQuote(text, i)
			path = 0
		case c == '.':
			path++
			i++
		case word(c):
			for i < len(text) && word(text[i]) {
				i++
			}
		default:
			path = 0
			i++
		}
		tokens++
		switch {
		case tokens > maxTokens:
			return start, fmt.Sprintf("more than %d tokens", maxTokens)
		case path > maxPath:
			return start, fmt.Sprintf("a path of more than %d members", maxPath)
		}
	}
	return 0, ""
}

// behind is the index behind the next end at or after text[i].
func behind(text string, i int, end string) int {
	if n := strings.Index(text[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(text)
}

// closingQuote is the index behind the string that starts at text[i].
func closingQuote(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func word(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
