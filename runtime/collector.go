package kest

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A Collector notes the entries of all calls that run under a context, and so
// knows what came out of them. Calls made one after the other are siblings: the
// second does not have the first as a parent, though it may work on what the
// first gave back. Where it does, Join says so:
//
//	ctx, consumed := kest.Collect(ctx)
//	document, err := Fetch(ctx, url)          // taints its entry
//	summary, err := Summarize(consumed.Join(ctx), document)  // and this one
//
// It is safe for concurrent use.
type Collector struct {
	base  []*node    // the tips of the context that it was made for
	outer *Collector // notes the same entries

	mu      sync.Mutex
	stopped bool
	notes   int
	open    map[string]note // by hash, without those that are a parent of another
}

type note struct {
	*node
	number int // in the order in which they came
}

// Collect gives a context whose calls, and those of other services whose answers
// bring their lineage along, are noted in the collector. It keeps every entry that
// no other follows, so a context that lives as long as a stream or a process
// should not have one, or Stop it.
func Collect(ctx context.Context) (context.Context, *Collector) {
	s := stateFromContext(ctx)
	c := &Collector{base: s.tips, outer: s.collector, open: make(map[string]note)}
	s.collector = c
	return contextWithState(ctx, s), c
}

// add notes entries. A nil collector notes nothing.
func (c *Collector) add(tips ...*node) {
	for ; c != nil; c = c.outer {
		c.note(tips)
	}
}

func (c *Collector) note(tips []*node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	for _, tip := range tips {
		for _, parent := range tip.parents {
			delete(c.open, parent.hash)
		}
		c.notes++
		c.open[tip.hash] = note{tip, c.notes}
	}
}

// Stop ends the noting, once it is clear that nobody asks for what comes. What was
// noted stays, and collectors outside this one go on.
func (c *Collector) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

// tips are the entries that nothing follows, of those noted and of the base, in
// the order in which they came.
func (c *Collector) tips() []*node {
	c.mu.Lock()
	noted := slices.Collect(maps.Values(c.open))
	c.mu.Unlock()
	slices.SortFunc(noted, func(a, b note) int { return a.number - b.number })

	var all tipSet
	all.add(c.base)
	for _, n := range noted {
		all.add([]*node{n.node})
	}
	if len(noted) == 0 {
		return all.tips
	}
	// A tip of another service stands on ours, though not next to it.
	followed := followedBy(all.tips)
	return slices.DeleteFunc(all.tips, func(n *node) bool { return followed[n.hash] })
}

// Join gives a context whose next call has what was collected so far as parents:
// the entries that no other one follows. Their taints and trust go on. What the
// collector's own context stood on stays a parent if nothing followed it, and so
// does what ctx stands on. Deadline, values and identity come from ctx.
func (c *Collector) Join(ctx context.Context) context.Context {
	joined := tipSet{}
	joined.add(c.tips())
	followed := followedBy(joined.tips)
	for _, tip := range tipsFromContext(ctx) {
		if !followed[tip.hash] {
			joined.add([]*node{tip})
		}
	}
	return joined.context(ctx)
}

// followedBy has the hashes of all that the tips stand on.
func followedBy(tips []*node) map[string]bool {
	followed := make(map[string]bool)
	for _, n := range flatten(tips) {
		for _, parent := range n.parents {
			followed[parent.hash] = true
		}
	}
	return followed
}

// Passport is that of Join.
func (c *Collector) Passport() *Passport { return passportOf(c.tips()) }

// Consume notes the lineage of an answer, as a client that verified it does: see
// Verifier.AcceptTips. It does nothing if ctx has no collector.
func Consume(ctx, answer context.Context) {
	stateFromContext(ctx).collector.add(tipsFromContext(answer)...)
}
