package cedar

import (
	"maps"
	"slices"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// actionNames are the policies, in Kest's sense, that there are: the actions that
// the scope of a statement names, and those that have such an action above them.
// A statement about all actions names none, since it would make every
// misspelt name a policy.
func actionNames(statements []statement, entities types.EntityMap) []string {
	names := map[string]bool{}
	groups := map[types.EntityUID]bool{}
	for i := range statements {
		scope := &statements[i].scope
		for _, uid := range scope.is {
			addName(names, uid)
		}
		for _, uid := range scope.below {
			addName(names, uid)
			groups[uid] = true
		}
	}
	for uid := range entities {
		if uid.Type == cedarinput.TypeAction && anyAbove(uid, groups, entities) {
			addName(names, uid)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func addName(names map[string]bool, uid types.EntityUID) {
	if uid.Type == cedarinput.TypeAction && uid.ID != "" {
		names[string(uid.ID)] = true
	}
}

// anyAbove says whether one of the groups is the entity or above it.
func anyAbove(uid types.EntityUID, groups map[types.EntityUID]bool, entities types.EntityMap) bool {
	for above := range ancestors(uid, entities) {
		if groups[above] {
			return true
		}
	}
	return false
}

// ancestors are an entity, its parents, their parents and so on.
func ancestors(uid types.EntityUID, entities types.EntityMap) map[types.EntityUID]bool {
	found := map[types.EntityUID]bool{uid: true}
	for next := []types.EntityUID{uid}; len(next) > 0; {
		last := next[len(next)-1]
		next = next[:len(next)-1]
		for parent := range entities[last].Parents.All() {
			if !found[parent] {
				found[parent] = true
				next = append(next, parent)
			}
		}
	}
	return found
}

// matches says whether a statement can be about an action, given with all that
// is above it.
func (s *actionScope) matches(action types.EntityUID, above map[types.EntityUID]bool) bool {
	return s.all || slices.Contains(s.is, action) ||
		slices.ContainsFunc(s.below, func(group types.EntityUID) bool { return above[group] })
}
