package canon

import "slices"

// Less reports whether member name a stands before b in canonical JSON: by
// UTF-16 code units (RFC 8785 section 3.2.3). Both must be valid UTF-8.
func Less(a, b string) bool { return compare(a, b) < 0 }

// SortNames sorts member names into their canonical order.
func SortNames(names []string) { slices.SortFunc(names, compare[string]) }

// compare orders names by UTF-16 code units without encoding them. UTF-8 bytes
// order text by code points, and UTF-16 units do too, save that those beyond
// U+FFFF begin with a surrogate (D800 to DFFF) and so come before U+E000 to
// U+FFFF. The first bytes of the former in UTF-8 are F0 to F4, of the latter EE
// and EF, and neither occurs elsewhere, so the first byte that differs decides.
func compare[T string | []byte](a, b T) int {
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			x, y = y, x
		}
		if x < y {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}
