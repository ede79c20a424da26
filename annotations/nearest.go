package annotations

import "strings"

// Nearest returns the candidate that name was probably meant to be, or "" when
// none is near.
func Nearest(name string, candidates []string) string {
	best, distance := "", max(1, len(name)/3)+1
	for _, candidate := range candidates {
		d := editDistance(strings.ToLower(name), strings.ToLower(candidate))
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours between a and b.
func editDistance(a, b string) int {
	var last []int
	previous, current := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range current {
		current[j] = j
	}
	for i := range len(a) {
		last, previous, current = previous, current, make([]int, len(b)+1)
		current[0] = i + 1
		for j := range len(b) {
			if a[i] == b[j] {
				current[j+1] = previous[j]
				continue
			}
			current[j+1] = 1 + min(previous[j], previous[j+1], current[j])
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				current[j+1] = min(current[j+1], 1+last[j-1])
			}
		}
	}
	return current[len(b)]
}
