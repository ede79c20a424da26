package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// An outcome is what became of one request.
type outcome struct {
	kind outcomeKind
	text string // of an error or of what is wrong
}

type outcomeKind int

const (
	right      outcomeKind = iota
	refused                // an error, because a process was not there
	mistaken               // neither right nor an error
	unverified             // with a passport that does not verify
)

func failed(text string) outcome { return outcome{refused, text} }
func wrong(err error) outcome    { return outcome{mistaken, err.Error()} }

// maxShown is how many wrong answers are described.
const maxShown = 20

// A Report is what became of all requests.
type Report struct {
	Right      int
	Errors     map[string]int // by status and problem type
	Wrong      int
	Unverified int
	Killed     map[string]int // by process

	mu      sync.Mutex
	took    time.Duration
	shown   []string // of Wrong and Unverified
	failure error    // why no more could be sent
}

func newReport() *Report {
	return &Report{Errors: make(map[string]int), Killed: make(map[string]int)}
}

func (r *Report) add(request string, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch o.kind {
	case right:
		r.Right++
		return
	case refused:
		r.Errors[o.text]++
		return
	case unverified:
		r.Unverified++
	default:
		r.Wrong++
	}
	if len(r.shown) < maxShown {
		r.shown = append(r.shown, request+": "+o.text)
	}
}

func (r *Report) killed(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Killed[name]++
}

func (r *Report) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = errors.Join(r.failure, err)
}

// String shows the counts.
func (r *Report) String() string {
	var b strings.Builder
	total := r.Right + r.Wrong + r.Unverified
	for _, count := range r.Errors {
		total += count
	}
	fmt.Fprintf(&b, "\n%d requests in %s\n%8d right\n", total, r.took.Round(time.Second), r.Right)
	for _, text := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(&b, "%8d error: %s\n", r.Errors[text], text)
	}
	fmt.Fprintf(&b, "%8d wrong\n%8d with a passport that does not verify\n", r.Wrong, r.Unverified)
	for _, name := range slices.Sorted(maps.Keys(r.Killed)) {
		fmt.Fprintf(&b, "%8d times killed: %s\n", r.Killed[name], name)
	}
	for _, text := range r.shown {
		fmt.Fprintf(&b, "wrong: %s\n", text)
	}
	return b.String()
}

// Err is nil if every answer was right or an error, and at least one was right.
func (r *Report) Err() error {
	switch {
	case r.Wrong > 0 || r.Unverified > 0:
		return fmt.Errorf("%d answers are wrong, and %d passports do not verify", r.Wrong, r.Unverified)
	case r.Right == 0:
		return errors.New("no answer was right")
	}
	return nil
}
