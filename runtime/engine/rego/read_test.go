package rego_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// brokenFS fails at one file, or at a directory.
type brokenFS struct {
	fstest.MapFS
	name string
	read bool // it opens, and fails then
}

func (b brokenFS) Open(name string) (fs.File, error) {
	if name != b.name {
		return b.MapFS.Open(name)
	}
	if !b.read {
		return nil, errBroken
	}
	f, err := b.MapFS.Open(name)
	return brokenFile{f}, err
}

// ReadDir keeps [fs.ReadDir] from going around Open.
func (b brokenFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == b.name {
		return nil, errBroken
	}
	return b.MapFS.ReadDir(name)
}

type brokenFile struct{ fs.File }

func (brokenFile) Read([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("the disk broke")

// TestLoadReadsAllOrNothing: a file that cannot be read is an error, not a policy
// less.
func TestLoadReadsAllOrNothing(t *testing.T) {
	files := fstest.MapFS{"a.rego": file(yes), "x/b.rego": file("package b\n"), "x/data.json": file("{}")}
	for name, fsys := range map[string]brokenFS{
		"module":              {files, "x/b.rego", false},
		"module, later":       {files, "x/b.rego", true},
		"data":                {files, "x/data.json", false},
		"data, later":         {files, "x/data.json", true},
		"directory":           {files, "x", false},
		"directory of it all": {files, ".", false},
	} {
		_, err := rego.Load(fsys)
		if !errors.Is(err, errBroken) || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: error %v does not match ErrConfig and its cause", name, err)
		}
	}
}
