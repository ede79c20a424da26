package generator

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// A File is one output.
type File struct {
	Path    string
	Content []byte // nil for one that should not be there

	old []byte // what is there, nil if nothing
}

// A State says how an output compares with what is on disk.
type State string

// The states of an output.
const (
	Current  State = "current"
	Stale    State = "stale"
	Missing  State = "missing"
	Orphaned State = "orphaned" // its source has no directives any more
)

// State compares the output with the disk as it was when it was generated.
func (f *File) State() State {
	switch {
	case f.Content == nil:
		return Orphaned
	case f.old == nil:
		return Missing
	case bytes.Equal(f.Content, f.old):
		return Current
	}
	return Stale
}

// Diff is the unified diff from what is on disk to what should be.
func (o *Output) Diff(f *File) string {
	name := relative(o.dir, f.Path)
	before, after := name, name+" (generated)"
	if f.old == nil {
		before = "/dev/null"
	}
	if f.Content == nil {
		after = "/dev/null"
	}
	text := string(diff.Diff(before, f.old, after, f.Content))
	_, text, _ = strings.Cut(text, "\n") // "diff old new"
	return text
}

// Name is the file's path as the user would write it.
func (o *Output) Name(f *File) string { return relative(o.dir, f.Path) }

// Outdated gives the files that are not what they should be.
func (o *Output) Outdated() []*File {
	var outdated []*File
	for i := range o.Files {
		if o.Files[i].State() != Current {
			outdated = append(outdated, &o.Files[i])
		}
	}
	return outdated
}

// Write brings the disk up to date and gives the files that it touched. It must
// not be called when there are diagnostics.
func (o *Output) Write() ([]*File, error) {
	if len(o.Diagnostics) > 0 {
		return nil, internalError("an output with diagnostics is to be written")
	}
	outdated := o.Outdated()
	for _, f := range outdated {
		if err := f.write(); err != nil {
			return nil, err
		}
	}
	return outdated, nil
}

// write replaces the file in one step: whoever compiles meanwhile finds the old
// one or the new one.
func (f *File) write() error {
	if f.Content == nil {
		return os.Remove(f.Path)
	}
	temp, err := os.CreateTemp(filepath.Dir(f.Path), ".kestgen-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // after the rename there is nothing to remove
	_, err = temp.Write(f.Content)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	return os.Rename(temp.Name(), f.Path)
}

// orphans are the outputs on disk that no source asks for any more.
func (s *sources) orphans(files []File) []File {
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
	}
	var orphans []File
	for path, text := range s.outputs {
		if !wanted[path] {
			orphans = append(orphans, File{Path: path, old: text})
		}
	}
	return orphans
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}
