package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kestgo/kest/runtime/internal/nearest"
)

func TestNames(t *testing.T) {
	known := []string{"kest/allow_trusted", "kest/allow_internal", "kest/deny_all", "billing/limits", "a", "b", "c", "d"}
	tests := []struct {
		name string
		want []string
	}{
		{"kest/allow_trust", []string{"kest/allow_trusted"}},
		{"kest.allow_trusted", []string{"kest/allow_trusted"}},
		{"billing/limit", []string{"billing/limits"}},
		{"e", []string{"a", "b", "c"}},
		{"something/else/entirely", nil},
		{strings.Repeat("x", 10000), nil},
	}
	for _, tt := range tests {
		if got := nearest.Names(tt.name, known); !slices.Equal(got, tt.want) {
			t.Errorf("Names(%.30q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHint(t *testing.T) {
	tests := []struct {
		name  string
		known []string
		want  string
	}{
		{"kest/alow", []string{"kest/allow", "kest/all"}, `near are "kest/allow" and "kest/all"`},
		{"kest/alow", []string{"kest/allow", "other"}, `did you mean "kest/allow"?`},
		{"ab", []string{"aa", "bb", "cc", "dd"}, `near are "aa", "bb" and "cc"`},
		{"entirely/other", []string{"kest/allow"}, `the only policy is "kest/allow"`},
		{"entirely/other", []string{"kest/allow", "kest/deny"}, `no policy of the 2 has a name near it`},
		{"entirely/other", nil, `there is no policy at all`},
	}
	for _, tt := range tests {
		if got := nearest.Hint(tt.name, "policy", tt.known); got != tt.want {
			t.Errorf("Hint(%q, %q) = %s, want %s", tt.name, tt.known, got, tt.want)
		}
	}
}
