// Package nearest finds the names that a misspelt name was perhaps meant to be,
// for the errors that say so.
package nearest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	// shown is how many names one hint lists at most.
	shown = 3
	// longest is the length in bytes above which a name is not compared: the
	// comparison takes time in proportion to the product of the lengths.
	longest = 256
)

// Names returns the known names that are near name, the nearest first, three
// at most. Near is an edit distance of at most two, and for a name of more than
// six bytes of a third of its length.
func Names(name string, known []string) []string {
	if len(name) > longest {
		return nil
	}
	limit := max(2, len(name)/3)
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if d := distance(name, k); d <= limit {
			near = append(near, candidate{k, d})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range near[:min(shown, len(near))] {
		names = append(names, c.name)
	}
	return names
}

// Hint says in words which known names are near, or how many there are when
// none is. kind is what the names are, in the singular: "policy". It is at the
// end of a sentence such as `unknown policy "x": near are "y" and "z"`.
func Hint(name, kind string, known []string) string {
	near := Names(name, known)
	for i, n := range near {
		near[i] = fmt.Sprintf("%q", n)
	}
	switch {
	case len(near) > 1:
		last := len(near) - 1
		return "near are " + strings.Join(near[:last], ", ") + " and " + near[last]
	case len(near) == 1:
		return "did you mean " + near[0] + "?"
	case len(known) == 0:
		return fmt.Sprintf("there is no %s at all", kind)
	case len(known) == 1:
		return fmt.Sprintf("the only %s is %q", kind, known[0])
	}
	return fmt.Sprintf("no %s of the %d has a name near it", kind, len(known))
}

// distance is the number of bytes to insert, delete or replace to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
