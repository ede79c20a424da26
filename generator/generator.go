// Package generator writes the wrappers of functions that carry a
// //kest:verified directive.
//
// It reads top to bottom: [Generate] finds the files that have directives, loads
// their packages once, plans every hook, and prints one payment_kest.go for each
// payment.go. What is on disk already under that name is never read: a stale or
// broken output cannot be in the way. [Output.Write] and [Output.Check] then
// compare with the disk.
package generator

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/kestgo/kest/annotations"
)

// Options say what to generate from.
type Options struct {
	// Dir is the working directory, "" for the current one. File names in
	// diagnostics are relative to it.
	Dir string
	// Patterns are package patterns as for go build; none means ".".
	Patterns []string
	// Env is the environment of the go command, nil for the current one.
	Env []string
	// Origins are the names of origins that the project registers, see
	// [annotations.Options].
	Origins []string
}

// An Output is everything that Generate made from the sources.
type Output struct {
	// Files are the outputs as they should be, sorted by path, with those that
	// should not be there any more.
	Files []File
	// Diagnostics are the mistakes in the sources, sorted by position. Where
	// there are any, Files is not complete and must not be written.
	Diagnostics []*annotations.Error

	dir   string
	plans []*packagePlan
}

// Generate makes all outputs in memory. An error means that it could not be
// done at all (no such package, no go command); mistakes in the sources are
// diagnostics.
func Generate(ctx context.Context, options Options) (*Output, error) {
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, err
	}
	options.Dir = dir

	tree, err := find(ctx, options)
	if err != nil {
		return nil, err
	}
	packages, err := load(ctx, options, tree)
	if err != nil {
		return nil, err
	}
	report := &report{dir: dir}
	for _, s := range tree.unseen {
		s.reportUnseen(report)
	}
	plans := make([]*packagePlan, len(packages))
	for i, pkg := range packages {
		plans[i] = planPackage(pkg, options, report)
	}
	var files []File
	if report.empty() {
		if files, err = emit(plans); err != nil {
			return nil, err
		}
	}
	files = append(files, tree.orphans(files)...)
	sortFiles(files)
	return &Output{Files: files, Diagnostics: report.sorted(), dir: dir, plans: plans}, nil
}

// internalError is for what only a mistake in this package can cause.
func internalError(format string, args ...any) error {
	return fmt.Errorf("kestgen has a bug, please report it: %w", fmt.Errorf(format, args...))
}
