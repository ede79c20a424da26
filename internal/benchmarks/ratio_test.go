package benchmarks

import (
	"slices"
	"testing"
	"time"
)

// bound is what a benchmark is compared with.
type bound struct {
	unit string // unit of the metric: × of what
	run  func()
}

// compare runs op as an ordinary benchmark and then measures op and the bound
// in turns, in the same run, for their ratio. Each is taken at its median over
// the rounds, so that what else the machine does falls on both alike.
func compare(b *testing.B, op func(), to bound) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	const rounds = 15
	calls := callsFor(to.run)
	ops, bounds := make([]time.Duration, rounds), make([]time.Duration, rounds)
	for i := range rounds {
		bounds[i] = timeCalls(to.run, calls)
		ops[i] = timeCalls(op, calls)
	}
	slices.Sort(ops)
	slices.Sort(bounds)
	b.ReportMetric(float64(ops[rounds/2])/float64(bounds[rounds/2]), to.unit)
}

// callsFor is how often f is called in one round: about 10 ms of it.
func callsFor(f func()) int {
	const sample = 10
	return max(1, int(10*time.Millisecond/max(timeCalls(f, sample)/sample, 1)))
}

func timeCalls(f func(), calls int) time.Duration {
	start := time.Now()
	for range calls {
		f()
	}
	return time.Since(start)
}
