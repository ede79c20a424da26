package bearer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kestgo/kest/runtime/bearer"
)

func TestFromHeader(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc":             "abc",
		"bearer abc":             "abc",
		"BEARER   abc":           "abc",
		"Bearer a.b-c_d~e+f/g==": "a.b-c_d~e+f/g==",
	} {
		if got, err := bearer.FromHeader([]string{header}); err != nil || got != want {
			t.Errorf("%q: got %q, %v", header, got, err)
		}
	}
	for name, headers := range map[string][]string{
		"none":             nil,
		"two":              {"Bearer a", "Bearer b"},
		"empty":            {""},
		"no token":         {"Bearer"},
		"an empty token":   {"Bearer "},
		"another scheme":   {"Basic abc"},
		"no space":         {"Bearerabc"},
		"a tab":            {"Bearer\tabc"},
		"two tokens":       {"Bearer a b"},
		"a comma":          {"Bearer a,b"},
		"only padding":     {"Bearer =="},
		"padding inside":   {"Bearer a=b"},
		"not ASCII":        {"Bearer é"},
		"a line break":     {"Bearer a\nb"},
		"longer than that": {"Bearer " + strings.Repeat("a", bearer.MaxTokenSize+1)},
	} {
		if got, err := bearer.FromHeader(headers); !errors.Is(err, bearer.ErrInvalidToken) || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
