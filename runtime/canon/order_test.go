package canon

import (
	"slices"
	"testing"
	"unicode/utf16"
)

// RFC 8785 section 3.2.3, and the control character that a sort of escaped
// names would put behind the digit.
func TestSortNames(t *testing.T) {
	names := []string{"€", "\r", "\ufb33", "1", "😀", "\u0080", "ö"}
	want := []string{"\r", "1", "\u0080", "ö", "€", "😀", "\ufb33"}
	SortNames(names)
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	names = []string{"0", "\x1f", "", "0\x00", "00"}
	SortNames(names)
	if want := []string{"", "\x1f", "0", "0\x00", "00"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestLessIsUTF16Order(t *testing.T) {
	units := func(s string) []uint16 { return utf16.Encode([]rune(s)) }
	r := randomSource(t)
	for range 200_000 {
		a, b := randomString(r), randomString(r)
		if got, want := Less(a, b), slices.Compare(units(a), units(b)) < 0; got != want {
			t.Fatalf("Less(%q, %q) = %t", a, b, got)
		}
	}
}
