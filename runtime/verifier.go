package kest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/kestgo/kest/runtime/jws"
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

	// Departures are known departures of other runtimes, by runtime.name. None
	// can be given for this library's own entries.
	Departures map[string]Departures
}

// Departures is what entries of another runtime may lack. Signatures, canonical
// bytes and links are never waived. Whoever has a believed key chooses the
// runtime.name of its entries, so grant departures only where passports of that
// runtime are expected.
type Departures struct {
	NoTraceID       bool // no label trace_id
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

// verifyTrace compares the tips with the trace that a context is in, so that the
// next entry does not break the rule of SameTrace.
func (r *verification) verifyTrace(ctx context.Context, tips []*node) error {
	here := trace.SpanContextFromContext(ctx).TraceID()
	if !r.SameTrace || !here.IsValid() {
		return nil
	}
	for _, tip := range tips {
		index := r.byHash[tip.hash]
		if got := r.entries[index].Labels[LabelTraceID]; got != here.String() {
			return &VerifyError{Entry: index, Hash: tip.hash, Check: CheckTraceID, Want: here.String(), Got: strconv.Quote(got)}
		}
	}
	return nil
}

// verification is one run of a verifier over one passport.
type verification struct {
	*Verifier
	origins map[string]int

	nodes     []*node
	entries   []*Entry
	byHash    map[string]int
	entryIDs  map[string]int
	followed  []bool
	rootCount int
}

func (v *Verifier) verify(ctx context.Context, p *Passport) ([]*node, error) {
	run, err := v.newVerification(p)
	if err != nil {
		return nil, &VerifyError{Entry: wholePassport, Check: CheckVerifier, Err: err}
	}
	for i, token := range p.tokens {
		if err := ctx.Err(); err != nil {
			return nil, &VerifyError{Entry: i, Hash: Hash(token), Check: CheckCanceled, Err: err}
		}
		if err := run.verifyEntry(ctx, i, token); err != nil {
			return nil, err
		}
	}
	tips := run.tips()
	if err := run.verifyWhole(tips); err != nil {
		return nil, err
	}
	if err := run.verifyTrace(ctx, tips); err != nil {
		return nil, err
	}
	return tips, nil
}

func (v *Verifier) newVerification(p *Passport) (*verification, error) {
	if p == nil {
		return nil, errors.New("no passport")
	}
	if v.Keys == nil {
		return nil, errors.New("no key source: set Verifier.Keys, for example to a KeySet from ParseKeySet")
	}
	if _, own := v.Departures[RuntimeName]; own {
		return nil, fmt.Errorf("departures are for other runtimes, not for %s", RuntimeName)
	}
	origins, err := mergeOrigins(v.Origins)
	if err != nil {
		return nil, err
	}
	size := len(p.tokens)
	return &verification{
		Verifier: v,
		origins:  origins,
		nodes:    make([]*node, 0, size),
		entries:  make([]*Entry, 0, size),
		byHash:   make(map[string]int, size),
		entryIDs: make(map[string]int, size),
		followed: make([]bool, size),
	}, nil
}

func (r *verification) verifyEntry(ctx context.Context, index int, token string) error {
	parsed, entry, err := parseToken(token)
	if err != nil {
		return &VerifyError{Entry: index, Hash: Hash(token), Check: CheckToken, Err: err}
	}
	hash := hexSum(parsed.Sum256())
	fail := func(check Check, want, got string) error {
		return &VerifyError{Entry: index, Hash: hash, Check: check, Want: want, Got: got}
	}
	failWith := func(check Check, err error) error {
		return &VerifyError{Entry: index, Hash: hash, Check: check, Err: err}
	}
	if first, ok := r.byHash[hash]; ok {
		return fail(CheckDuplicate, "each entry once", fmt.Sprintf("entry %d again", first))
	}
	if first, ok := r.entryIDs[entry.EntryID]; ok {
		return fail(CheckDuplicate, "each entry_id once", fmt.Sprintf("entry_id %s of entry %d again", entry.EntryID, first))
	}
	if check, err := r.verifySignature(ctx, parsed, entry); err != nil {
		return failWith(check, err)
	}
	parents, err := r.parents(entry)
	if err != nil {
		return failWith(CheckParents, err)
	}
	n := newNode(token, hash, entry.TrustScore, entry.Taints, parents)
	if err := r.verifyClaims(entry, parents, fail, failWith); err != nil {
		return err
	}
	if !isSortedSet(n.taints) {
		n.taints = sortedSet(slices.Clone(n.taints))
	}
	r.byHash[hash] = index
	r.entryIDs[entry.EntryID] = index
	r.nodes = append(r.nodes, n)
	r.entries = append(r.entries, entry)
	return nil
}

// verifySignature finds keys by the principal and the kid of the header, and
// never takes one from the token.
func (r *verification) verifySignature(ctx context.Context, token *jws.Token, entry *Entry) (Check, error) {
	principal, kid := entry.Principal(), token.KeyID
	switch {
	case token.HasKeyID && kid == "":
		return CheckKey, errors.New("the header's kid is empty: it is a thumbprint, the workload id, or left out")
	case kid == principal:
		kid = ""
	}
	keys, err := r.Keys.Keys(ctx, principal, kid)
	if err != nil {
		return CheckKey, fmt.Errorf("the key source failed for %q: %w", principal, err)
	}
	tried := 0
	for i := range keys {
		key := &keys[i]
		if key.Subject != principal || !key.validAt(entry.Time()) {
			continue
		}
		tried++
		if token.Verify(key.Public) {
			return "", nil
		}
	}
	switch {
	case len(keys) == 0 && kid != "":
		return CheckKey, fmt.Errorf("the key source has no key %q of %q", kid, principal)
	case len(keys) == 0:
		return CheckKey, fmt.Errorf("the key source has no key of %q", principal)
	case tried == 0:
		return CheckKey, fmt.Errorf("no key of %q is valid at the entry's time %s", principal, entry.Time().UTC().Format("2006-01-02T15:04:05Z"))
	}
	return CheckSignature, fmt.Errorf("the signature is not by a key of %q: the entry was altered, or signed by somebody else", principal)
}

// parents finds the entries that this one follows, all of which stand before it.
func (r *verification) parents(entry *Entry) ([]*node, error) {
	if entry.IsRoot() {
		r.rootCount++
		return nil, nil
	}
	parents := make([]*node, len(entry.ParentIDs))
	for i, id := range entry.ParentIDs {
		place, ok := r.byHash[id]
		if !ok {
			return nil, fmt.Errorf("want an earlier entry with the hash %s, got none: an entry was removed, altered or moved", id)
		}
		parents[i] = r.nodes[place]
		r.followed[place] = true
	}
	return parents, nil
}

// tips are the entries that nothing follows, in order.
func (r *verification) tips() []*node {
	var tips []*node
	for i, n := range r.nodes {
		if !r.followed[i] {
			tips = append(tips, n)
		}
	}
	return tips
}

func (r *verification) verifyWhole(tips []*node) error {
	fail := func(check Check, want, got string) error {
		return &VerifyError{Entry: wholePassport, Check: check, Want: want, Got: got}
	}
	if r.Count != 0 && r.Count != len(r.nodes) {
		return fail(CheckCount, countOf(r.Count), countOf(len(r.nodes)))
	}
	if (r.SingleRoot || r.Root != "") && r.rootCount != 1 {
		return fail(CheckRoots, "one root", fmt.Sprintf("%d roots", r.rootCount))
	}
	// An entry stands after its parents, so the only root is the first entry.
	if r.Root != "" && r.nodes[0].hash != r.Root {
		return fail(CheckRoots, "the root "+r.Root, r.nodes[0].hash)
	}
	if r.Tips != nil {
		want, got := sortedSet(slices.Clone(r.Tips)), make([]string, len(tips))
		for i, tip := range tips {
			got[i] = tip.hash
		}
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return fail(CheckTips, "tips "+strings.Join(want, ", "), listOrNone(got))
		}
	}
	return nil
}

func countOf(entries int) string {
	if entries == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", entries)
}

func listOrNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
