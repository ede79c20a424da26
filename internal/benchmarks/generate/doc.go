// Package generate measures kestgen: its time as a ratio to what it cannot do
// without, which is loading the packages, and its memory. See docs/performance.md,
// and run make bench-kestgen.
package generate
