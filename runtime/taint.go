package kest

import "slices"

// addedTaints is what a hook adds: its own taints and that of its
// classification, sorted and once each. A classification taint that the same
// hook removes is not added.
func addedTaints(own, removed []string, classificationTaint string) []string {
	added := slices.Clone(own)
	if classificationTaint != "" && !slices.Contains(removed, classificationTaint) {
		added = append(added, classificationTaint)
	}
	return sortedSet(added)
}

// nextTaints is sorted((parents ∪ added) − removed) (F-TT-01..03). All lists
// that come in are sorted sets, and so is what goes out. It returns a parent's
// list itself when nothing changes, which is most calls: lists are shared and
// never written to.
func nextTaints(parents []*node, added, removed []string) []string {
	if len(added) == 0 && len(removed) == 0 {
		switch len(parents) {
		case 0:
			return []string{}
		case 1:
			return parents[0].taints
		}
	}
	taints := slices.Clone(added)
	for i, p := range parents {
		if i == 0 || !slices.Equal(p.taints, parents[i-1].taints) {
			taints = append(taints, p.taints...)
		}
	}
	// A hostile passport may have thousands in each list.
	taints = slices.DeleteFunc(taints, func(t string) bool {
		_, found := slices.BinarySearch(removed, t)
		return found
	})
	return sortedSet(taints)
}

// sortedSet sorts list in place and drops repetitions. It is never nil.
func sortedSet(list []string) []string {
	if len(list) == 0 {
		return []string{}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isSortedSet says whether list is in strictly rising order.
func isSortedSet(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}
