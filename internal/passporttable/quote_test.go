package passporttable_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/kestgo/kest/internal/passporttable"
)

func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"charge_card":                   `charge_card`,
		"Card.Charge":                   `Card.Charge`,
		"spiffe://kest.test/payments":   `spiffe://kest.test/payments`,
		"https://issuer.test#job:a=b":   `https://issuer.test#job:a=b`,
		"":                              `""`,
		"-":                             `"-"`,
		"two words":                     `"two words"`,
		"a,b":                           `"a,b"`,
		`"charge_card"`:                 `"\"charge_card\""`,
		"\x1b[2J":                       `"\x1b[2J"`,
		"line\nroot":                    `"line\nroot"`,
		"cell\troot":                    `"cell\troot"`,
		"\u202etnemyap":                 `"\u202etnemyap"`,
		"\u009b2J":                      `"\u009b2J"`,
		"p\u0430yment":                  `"p\u0430yment"`,
		"\u05d0 100":                    `"\u05d0 100"`,
		"not UTF-8 \xff":                `"not UTF-8 \xff"`,
		"an ellipsis…":                  `"an ellipsis\u2026"`,
		strings.Repeat("0123456789", 5): `0123456789012345678…01234567890123456789`,
	} {
		if got := passporttable.Word(text, 40); got != want {
			t.Errorf("Word(%q) = %s, want %s", text, got, want)
		}
	}
}

// TestOnlyASCII: whatever character there is, neither function lets it through
// unless it is plain ASCII, and what Word quotes can be read back.
func TestOnlyASCII(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		text := "a" + string(r) + "b"
		word := passporttable.Word(text, 40)
		if strings.ContainsFunc(strings.Trim(word, `"`), func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("Word(%q) = %q", text, word)
		}
		if word != text {
			if back, err := strconv.Unquote(word); err != nil || back != text {
				t.Errorf("Word(%q) = %s, which means %q, %v", text, word, back, err)
			}
		}
		line := passporttable.Text(text, 40)
		if strings.ContainsFunc(line, func(c rune) bool { return (c < ' ' || c > '~') && c != '…' }) {
			t.Errorf("Text(%q) = %q", text, line)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		`no key of "spiffe://a": add one`: `no key of "spiffe://a": add one`,
		"hash 0a4514f13a98…":              "hash 0a4514f13a98…",
		"two\nlines":                      `two\nlines`,
		"not UTF-8 \xff":                  `not UTF-8 \xff`,
		strings.Repeat("long ", 20):       strings.Repeat("long ", 8) + "…",
	} {
		if got := passporttable.Text(text, 40); got != want {
			t.Errorf("Text(%q) = %s, want %s", text, got, want)
		}
	}
}
