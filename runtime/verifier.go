package kest

import (
	"context"
	"slices"
)

// A Verifier checks passports, offline and with nothing but its own keys,
// origins and evaluators (F-PA-04..07). Keys is required, the rest is optional.
// It may be copied and used by several goroutines, and must not be changed
// while it is.
type Verifier struct {
	// Keys is where public keys come from; never from a token.
	Keys KeySource
	// Origins adds to the built-in origins, as Config.Origins does.
	Origins map[string]int
	// Evaluators are those beside WeakestLink that entries may name.
	Evaluators []TrustEvaluator

	// SingleRoot demands exactly one root.
	SingleRoot bool
	// Root is the hash of the one root that is expected; "" for any.
	Root string
	// Tips are the hashes of the entries that nothing follows, in any order;
	// nil for any. Without Tips or Count nobody can see that entries were cut
	// off the end.
	Tips []string
	// Count is the expected number of entries; 0 for any.
	Count int
	// SameTrace demands the same trace_id along every edge, and from the tips to
	// the span of the context if there is one, so that a passport cannot be
	// replayed into another trace.
	SameTrace bool
	// TraceID is the trace that the tips must be in under SameTrace: 32 hex
	// digits, 32 zeros for none. "" is that of the context's span, and any if it
	// has none.
	TraceID string

	// Departures are known departures of other runtimes, by runtime.name. None
	// can be given for this library's own entries.
	Departures map[string]Departures

	// Verified remembers entries that passed, for who meets the same ones again
	// and again; nil for nothing. It belongs to verifiers that agree in Keys,
	// Origins, Evaluators and Departures.
	Verified *VerifiedEntries
}

// Departures is what entries of another runtime may lack. Signatures, canonical
// bytes and links are never waived. Whoever has a believed key chooses the
// runtime.name of its entries, so grant departures only where passports of that
// runtime are expected.
type Departures struct {
	NoTraceID       bool // no label trace_id; under SameTrace such an entry is in no trace that fits
	UnsortedTaints  bool // taints in any order
	NoRecomputation bool // taints and trust are not computed again
}

// Verify checks every entry of a passport and how they hang together. The error
// is a *VerifyError.
func (v *Verifier) Verify(ctx context.Context, p *Passport) error {
	_, err := v.verify(ctx, p)
	return err
}

// Accept verifies a passport that came from outside and returns a context whose
// next call has its tips as parents. An empty passport gives a root, whatever
// lineage ctx had before.
func (v *Verifier) Accept(ctx context.Context, p *Passport) (context.Context, error) {
	tips, err := v.verify(ctx, p)
	if err != nil {
		return nil, err
	}
	return contextWithTips(ctx, tips), nil
}

// AcceptTips is Accept for a passport that came with the hashes of its sender's
// tips, which then are the parents of the next call, in their order. They must be
// entries of the passport, each once, and every entry that nothing follows must
// be among them, so that nobody cut off its end. An entry that others follow may
// be a tip, too: a skip connection.
func (v *Verifier) AcceptTips(ctx context.Context, p *Passport, hashes []string) (context.Context, error) {
	run, tips, err := v.verification(ctx, p)
	if err != nil {
		return nil, err
	}
	fail := func(want, got string) error {
		return &VerifyError{Entry: wholePassport, Check: CheckTips, Want: want, Got: got}
	}
	named := make([]*node, 0, len(hashes))
	for i, hash := range hashes {
		place, ok := run.byHash[hash]
		if !ok || slices.Contains(hashes[:i], hash) {
			return nil, fail("tips that are entries of the passport, each once", quoteList(hashes))
		}
		named = append(named, run.nodes[place])
	}
	for _, tip := range tips {
		if !slices.Contains(named, tip) {
			return nil, fail("a passport whose end is among the tips "+quoteList(hashes), tip.hash)
		}
	}
	if err := run.verifyTrace(ctx, named); err != nil {
		return nil, err
	}
	return contextWithTips(ctx, named), nil
}
