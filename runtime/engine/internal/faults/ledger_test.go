package faults

import "sync"

// said is what one policy said in one call, as the side that said it knows.
type said int

const (
	nothing    said = iota // no answer, or one that broke off: unreachable
	yes                    // true
	no                     // false
	noDecision             // anything else: malformed
	notThere               // it does not have the policy
)

func (s said) String() string {
	return [...]string{"nothing", "true", "false", "no decision", "unknown policy"}[s]
}

// meaning is what a word of the plan is when it was carried out.
func meaning(word string) said {
	switch word {
	case wordAllow:
		return yes
	case wordDeny:
		return no
	case wordWrong, wordGarbage:
		return noDecision
	}
	return nothing
}

// ledger is what really was said.
type ledger struct {
	mu      sync.Mutex
	entries map[place][]said
}

type place struct{ call, policy int }

func newLedger() *ledger { return &ledger{entries: map[place][]said{}} }

func (l *ledger) note(call int, policy string, what said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := place{call, indexOf(policy)}
	l.entries[p] = append(l.entries[p], what)
}

// of is all that was said in one call, by policy.
func (l *ledger) of(call int) (all [len(policies)][]said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range all {
		all[i] = l.entries[place{call, i}]
	}
	return all
}
