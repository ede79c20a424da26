// Package ratio measures the cost of something as a ratio to something else in
// the same run, so that what the machine is and what else it does falls on both
// alike.
package ratio

import (
	"slices"
	"testing"
	"time"
)

// A Bound is what a benchmark is compared with.
type Bound struct {
	Unit string // of the metric: × of what
	Run  func()
}

// slow is from when on one call is a round of its own, and few rounds are enough.
const slow = 50 * time.Millisecond

// Compare runs op as an ordinary benchmark and then measures op and the bounds
// in turns, for the ratio of op to each bound. Those of one round follow each
// other at once, so that what else the machine does falls on both; the ratio is
// the median over the rounds.
func Compare(b *testing.B, op func(), bounds ...Bound) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	rounds, calls := 101, 1
	if timeCalls(op, 1) > slow {
		rounds = 7
	} else {
		calls = min(callsFor(bounds[0].Run), callsFor(op))
	}
	runs := []func(){op}
	for _, bound := range bounds {
		runs = append(runs, bound.Run)
	}
	times := make([][]time.Duration, len(runs))
	for range rounds {
		for i, run := range runs {
			times[i] = append(times[i], timeCalls(run, calls))
		}
	}
	for i, bound := range bounds {
		ratios := make([]float64, rounds)
		for round := range ratios {
			ratios[round] = float64(times[0][round]) / float64(times[i+1][round])
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[rounds/2], bound.Unit)
	}
}

// callsFor is how often f can be called in one round: about 5 ms of it.
func callsFor(f func()) int {
	const sample = 10
	return max(1, int(5*time.Millisecond/max(timeCalls(f, sample)/sample, 1)))
}

func timeCalls(f func(), calls int) time.Duration {
	start := time.Now()
	for range calls {
		f()
	}
	return time.Since(start)
}
