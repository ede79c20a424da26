package kest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/kestgo/kest/runtime/jws"
)

// verification is one run of a verifier over one passport.
type verification struct {
	*Verifier
	origins map[string]int

	nodes     []*node
	entries   []verifiedEntry
	byHash    map[string]int
	entryIDs  map[string]int
	followed  []bool
	rootCount int
}

func (v *Verifier) verify(ctx context.Context, p *Passport) ([]*node, error) {
	_, tips, err := v.verification(ctx, p)
	return tips, err
}

func (v *Verifier) verification(ctx context.Context, p *Passport) (*verification, []*node, error) {
	run, err := v.newVerification(p)
	if err != nil {
		return nil, nil, &VerifyError{Entry: wholePassport, Check: CheckVerifier, Err: err}
	}
	for i, token := range p.tokens {
		if err := ctx.Err(); err != nil {
			return nil, nil, &VerifyError{Entry: i, Hash: Hash(token), Check: CheckCanceled, Err: err}
		}
		if err := run.verifyEntry(ctx, i, token); err != nil {
			return nil, nil, err
		}
	}
	tips := run.tips()
	if err := run.verifyWhole(tips); err != nil {
		return nil, nil, err
	}
	return run, tips, run.verifyTrace(ctx, tips)
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
		entries:  make([]verifiedEntry, 0, size),
		byHash:   make(map[string]int, size),
		entryIDs: make(map[string]int, size),
		followed: make([]bool, size),
	}, nil
}

// verifyEntry checks one entry. Of one that was verified before, only its place
// in this passport is left to look at.
func (r *verification) verifyEntry(ctx context.Context, index int, token string) error {
	var sum [sha256.Size]byte
	var known *verifiedEntry
	if r.Verified != nil {
		sum = sha256.Sum256([]byte(token))
		known = r.Verified.get(sum)
	}
	var parsed *jws.Token
	var entry *Entry
	var seen verifiedEntry
	if known != nil {
		seen = *known
	} else {
		var err error
		if parsed, entry, err = parseToken(token); err != nil {
			return &VerifyError{Entry: index, Hash: Hash(token), Check: CheckToken, Err: err}
		}
		if r.Verified == nil {
			sum = parsed.Sum256()
		}
		seen = newVerifiedEntry(sum, entry)
	}
	hash := seen.hash
	fail := func(check Check, want, got string) error {
		return &VerifyError{Entry: index, Hash: hash, Check: check, Want: want, Got: got}
	}
	failWith := func(check Check, err error) error {
		return &VerifyError{Entry: index, Hash: hash, Check: check, Err: err}
	}
	if first, ok := r.byHash[seen.hash]; ok {
		return fail(CheckDuplicate, "each entry once", fmt.Sprintf("entry %d again", first))
	}
	if first, ok := r.entryIDs[seen.entryID]; ok {
		return fail(CheckDuplicate, "each entry_id once", fmt.Sprintf("entry_id %s of entry %d again", seen.entryID, first))
	}
	if entry != nil {
		if check, err := r.verifySignature(ctx, parsed, entry); err != nil {
			return failWith(check, err)
		}
	}
	parents, err := r.parents(&seen)
	if err != nil {
		return failWith(CheckParents, err)
	}
	if entry != nil {
		if err := r.verifyClaims(entry, parents, fail, failWith); err != nil {
			return err
		}
	}
	if r.SameTrace {
		for _, parent := range parents {
			if want := r.entries[r.byHash[parent.hash]].traceID; want != seen.traceID {
				return fail(CheckTraceID, want, strconv.Quote(seen.traceID))
			}
		}
	}
	if entry != nil {
		r.Verified.add(sum, &seen)
	}
	r.byHash[seen.hash] = index
	r.entryIDs[seen.entryID] = index
	r.nodes = append(r.nodes, newNode(token, seen.hash, seen.trust, seen.taints, parents))
	r.entries = append(r.entries, seen)
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
		return CheckKey, wrap(ErrLineageUnavailable, "the key source failed for %q: %w", principal, err)
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
func (r *verification) parents(entry *verifiedEntry) ([]*node, error) {
	if len(entry.parentIDs) == 0 {
		r.rootCount++
		return nil, nil
	}
	parents := make([]*node, len(entry.parentIDs))
	for i, id := range entry.parentIDs {
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

// verifyTrace compares the tips with the trace that a context is in, so that the
// next entry does not break the rule of SameTrace.
func (r *verification) verifyTrace(ctx context.Context, tips []*node) error {
	here := r.TraceID
	if span := trace.SpanContextFromContext(ctx); here == "" && span.HasTraceID() {
		here = span.TraceID().String()
	}
	if !r.SameTrace || here == "" {
		return nil
	}
	for _, tip := range tips {
		index := r.byHash[tip.hash]
		if got := r.entries[index].traceID; got != here {
			return &VerifyError{Entry: index, Hash: tip.hash, Check: CheckTraceID, Want: here, Got: strconv.Quote(got)}
		}
	}
	return nil
}
