// Package benchmarks measures what Kest costs, each figure as a ratio to the
// bare signature or verification of the same bytes in the same run. See
// docs/performance.md, and run make bench.
package benchmarks
