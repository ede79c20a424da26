package annotations

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An argument is one token of a directive: key=value, quoted as a whole or not.
type argument struct {
	text string
	// start is where the text begins, behind an opening quote.
	start token.Pos
	// exact says that offsets in text are offsets in the source: the argument
	// has no escapes.
	exact bool
}

// at is the position of the byte at the offset in the argument's text.
func (a argument) at(offset int) token.Pos {
	if !a.exact {
		return a.start
	}
	return a.start + token.Pos(offset)
}

// scan splits the arguments of a directive by the convention of
// [ast.Directive.ParseArgs]. That method gives up without a position at the
// first stray quote; here each one is reported where it stands.
func (p *parser) scan(directive ast.Directive) []argument {
	var arguments []argument
	rest, pos := directive.Args, directive.ArgsPos
	skip := func(n int) {
		rest, pos = rest[n:], pos+token.Pos(n)
	}
	for {
		skip(len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace)))
		if rest == "" {
			return arguments
		}
		if rest[0] != '"' && rest[0] != '`' {
			word := untilSpace(rest)
			if strings.ContainsAny(word, "\"`") {
				n := strayQuote(rest, word)
				p.fail(pos, CodeQuotes, "stray quote in "+rest[:n],
					"quote the whole argument, like "+strconv.Quote(strings.NewReplacer(`"`, "", "`", "").Replace(rest[:n])))
				p.skipped(word)
				skip(n)
				continue
			}
			arguments = append(arguments, argument{word, pos, true})
			skip(len(word))
			continue
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			p.fail(pos, CodeQuotes, "quote is not closed, or an escape in it is none of Go's: "+rest, "close the quote, or quote with ` to use \\ as it is")
			p.skipped(rest)
			return arguments
		}
		text, err := strconv.Unquote(quoted)
		if next, _ := utf8.DecodeRuneInString(rest[len(quoted):]); err != nil || len(quoted) < len(rest) && !unicode.IsSpace(next) {
			p.fail(pos, CodeQuotes, "no space after the quoted argument "+quoted, "put a space after the closing quote")
			p.skipped(rest[1:])
			skip(len(quoted) + len(untilSpace(rest[len(quoted):])))
			continue
		}
		arguments = append(arguments, argument{text, pos + 1, text == quoted[1:len(quoted)-1]})
		skip(len(quoted))
	}
}

func untilSpace(s string) string {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i]
	}
	return s
}

// strayQuote says how much of rest, which begins with word, was meant as one
// argument by somebody who wrote user="batch job".
func strayQuote(rest, word string) int {
	open := strings.IndexAny(word, "\"`")
	if end := strings.IndexByte(rest[open+1:], rest[open]); end >= 0 {
		closing := open + 1 + end + 1
		return closing + len(untilSpace(rest[closing:]))
	}
	return len(word)
}
