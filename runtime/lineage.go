package kest

import (
	"context"
	"slices"
)

// A node is one entry with what later calls need to know of it. Nodes link to
// their parents and never change, so branches share them without locks.
type node struct {
	token   string // compact JWS
	hash    string // lower-case hex SHA-256 of token
	trust   int
	taints  []string // sorted set
	parents []*node  // none for a root
	// ancestry is an upper bound of the number of entries behind this one,
	// itself counted. It only has to tell small passports from large ones.
	ancestry int
}

func newNode(token, hash string, trust int, taints []string, parents []*node) *node {
	n := &node{token: token, hash: hash, trust: trust, taints: taints, parents: parents, ancestry: 1}
	for _, p := range parents {
		n.ancestry = min(n.ancestry+p.ancestry, 1<<20)
	}
	return n
}

// Join merges the lineage of several branches (fan-in): the next call made with
// the context it returns has the tips of all branches as parents, in order,
// each once. Deadline, values and identity come from ctx, whose own lineage
// takes part only if ctx is among the branches too. That is how a skip
// connection is made: Join(ctx, ctx, later).
//
// A branch without entries adds nothing, and if no branch has any, ctx comes
// back as it is: joining does not make a root. A branch that was refused (see
// Refuse) has the join refused.
func Join(ctx context.Context, branches ...context.Context) context.Context {
	var joined tipSet
	for _, branch := range branches {
		s := stateFromContext(branch)
		if s.refused != nil {
			ctx = Refuse(ctx, s.refused)
		}
		joined.add(s.tips)
	}
	return joined.context(ctx)
}

// JoinPassports is Join for branches that are known by their passports, as when
// goroutines or functions hand back PassportFromContext instead of their
// context. It fails with ErrLineage for a passport from ParsePassport, which
// nobody has verified: Verifier.Accept takes those.
func JoinPassports(ctx context.Context, branches ...*Passport) (context.Context, error) {
	var joined tipSet
	for i, p := range branches {
		if p == nil {
			return nil, wrap(ErrLineage, "passport %d of a join is nil", i)
		}
		if p.untrusted {
			return nil, wrap(ErrLineage, "passport %d of a join was parsed and not verified: use Verifier.Accept", i)
		}
		joined.add(p.tips)
	}
	return joined.context(ctx), nil
}

// tipSet is an ordered set of tips; the first occurrence of each counts.
type tipSet struct {
	tips []*node
	seen map[string]bool // by hash
}

func (s *tipSet) add(tips []*node) {
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	for _, tip := range tips {
		if !s.seen[tip.hash] {
			s.seen[tip.hash] = true
			s.tips = append(s.tips, tip)
		}
	}
}

func (s *tipSet) context(ctx context.Context) context.Context {
	if len(s.tips) == 0 {
		return ctx
	}
	return contextWithTips(ctx, s.tips)
}

// flatten lists what the tips stand on, every entry once and after all its
// parents. It does not recurse: a chain may be as long as memory lets it.
func flatten(tips []*node) []*node {
	var (
		order []*node
		seen  = make(map[string]bool)
		stack = slices.Clone(tips)
	)
	slices.Reverse(stack)
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if seen[top.hash] {
			stack = stack[:len(stack)-1]
			continue
		}
		waiting := len(stack)
		for _, parent := range slices.Backward(top.parents) {
			if !seen[parent.hash] {
				stack = append(stack, parent)
			}
		}
		if len(stack) == waiting {
			seen[top.hash] = true
			order = append(order, top)
			stack = stack[:len(stack)-1]
		}
	}
	return order
}
