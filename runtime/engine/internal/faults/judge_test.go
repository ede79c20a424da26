package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"

	kest "github.com/kestgo/kest/runtime"
)

// judge compares what became of a call with what the policies said in it, and
// says what is wrong; "" for nothing.
func (w *world) judge(call int, out outcome) string {
	all, onlySaid := w.ledger.of(w.key(call)), onlySaid
	if w.shared > 0 && w.fault == reload && w.turns[w.key(call)] {
		onlySaid = slices.Contains[[]said] // by the old policies or by the new ones
	}
	if w.shared == 0 {
		for i, entries := range all {
			if len(entries) > 1 {
				return fmt.Sprintf("policy %s was asked %d times", policies[i], len(entries))
			}
		}
	}
	if out.early && out.ran > 0 {
		return "the function ran though the context had ended before the call"
	}
	everyYes := true
	for _, entries := range all {
		everyYes = everyYes && onlySaid(entries, yes)
	}
	if out.err == nil {
		switch {
		case out.ran != 1:
			return fmt.Sprintf("no error, and the function ran %d times", out.ran)
		case !everyYes:
			return fmt.Sprintf("the function ran, and the policies said %v", all)
		}
		return ""
	}
	if out.ran != 0 {
		return fmt.Sprintf("the function ran %d times beside the error %v", out.ran, out.err)
	}
	var denied *kest.DeniedError
	what, ok := heard(out.err)
	if !ok || !errors.As(out.err, &denied) {
		return fmt.Sprintf("an error that is not one of a denial: %v", out.err)
	}
	at := indexOf(denied.Policy)
	if at < 0 {
		return fmt.Sprintf("denied by %q, which was not asked", denied.Policy)
	}
	for i, entries := range all {
		if i < at && !onlySaid(entries, yes) {
			return fmt.Sprintf("denied by %s, and %s said %v before it: %v", denied.Policy, policies[i], entries, out.err)
		}
		if i > at && len(entries) > 0 && w.shared == 0 {
			return fmt.Sprintf("denied by %s, and %s was asked after it: %v", denied.Policy, policies[i], out.err)
		}
	}
	if onlySaid(all[at], what) || what == nothing && len(all[at]) == 0 || w.lost(call, out, what) {
		return ""
	}
	return fmt.Sprintf("policy %s said %v, and the caller was told %q: %v", denied.Policy, all[at], what, out.err)
}

// onlySaid also holds for several calls with one input: they were told alike.
func onlySaid(entries []said, what said) bool {
	for _, entry := range entries {
		if entry != what {
			return false
		}
	}
	return len(entries) > 0
}

// lost says that an answer which was given may have got lost on its way: the
// caller went away, its time was up, or the server died behind it. Then the
// function must not run, and the caller must be told so.
func (w *world) lost(call int, out outcome, what said) bool {
	if what != nothing {
		return false
	}
	switch w.fault {
	case slow:
		return errors.Is(out.err, context.DeadlineExceeded)
	case canceled:
		return errors.Is(out.err, context.Canceled)
	case dead, reload:
		// Of calls with one input, another one may have had the answer.
		return w.lossy && (!out.after || w.shared > 0 && w.turns[w.key(call)])
	}
	return false
}

// tally counts what the callers were told, so that a test in which the fault did
// not happen is no success.
func tally(outcomes []outcome) (ran int, told map[said]int) {
	told = map[said]int{}
	for _, out := range outcomes {
		if out.err == nil {
			ran++
		} else if what, ok := heard(out.err); ok {
			told[what]++
		}
	}
	return ran, told
}

// mostly is what callers are told under the fault.
func (w *world) mostly() said {
	if w.told != nil {
		return *w.told
	}
	switch w.fault {
	case deny, reload:
		return no
	case wrongType, garbage:
		return noDecision
	}
	return nothing
}
