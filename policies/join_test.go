package policies_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"

	"github.com/kestgo/kest/policies"
)

func TestJoin(t *testing.T) {
	own := fstest.MapFS{
		"hours.rego":          {Data: []byte("package shop.hours\n\nallow if true\n")},
		"shop/refund.rego":    {Data: []byte("package shop.refund\n\nallow if input.trust_score == 100\n")},
		".git/hours.rego":     {Data: []byte("package shop.hidden\n\nallow if true\n")},
		".hidden.rego":        {Data: []byte("package shop.hidden\n\nallow if true\n")},
		"shop/data/rates.csv": {Data: []byte("1,2\n")},
	}
	joined, err := policies.Join(policies.Rego(), own)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(joined, "biba.rego", "trust_threshold.rego", "hours.rego", "shop/refund.rego", "shop/data/rates.csv"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{".git", ".hidden.rego"} {
		if _, err := fs.Stat(joined, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want that it is left out", name, err)
		}
	}
	own["hours.rego"].Data = []byte("package shop.hours\n\nallow if false\n")
	engine, err := rego.Load(joined)
	if err != nil {
		t.Fatal(err)
	}
	if len(engine.Policies()) != len(tables)+2 {
		t.Errorf("policies are %q", engine.Policies())
	}
	if allowed, err := engine.Evaluate(t.Context(), "shop/hours", input()); !allowed || err != nil {
		t.Errorf("got %t, %v: a change after Join has come through", allowed, err)
	}
}

// TestJoinFollowsLinksToFiles reads a directory as Kubernetes mounts one.
func TestJoinFollowsLinksToFiles(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "..version"), 0o755),
		os.WriteFile(filepath.Join(dir, "..version", "hours.rego"), []byte("package shop.hours\n"), 0o644),
		os.Symlink("..version", filepath.Join(dir, "..data")),
		os.Symlink("..version", filepath.Join(dir, "data")),
		os.Symlink(filepath.Join("..data", "hours.rego"), filepath.Join(dir, "hours.rego")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	joined, err := policies.Join(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(joined, "hours.rego"); err != nil {
		t.Error(err)
	}
	if _, err := fs.Stat(joined, "data"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("data: %v, want that a link to a directory is left out", err)
	}
}

func TestJoinOfNothing(t *testing.T) {
	joined, err := policies.Join()
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(joined); err != nil {
		t.Error(err)
	}
}

func TestJoinRefuses(t *testing.T) {
	file := func(size int) *fstest.MapFile { return &fstest.MapFile{Data: make([]byte, size)} }
	for name, c := range map[string]struct {
		systems []fs.FS
		want    string
	}{
		"nil":                   {[]fs.FS{policies.Rego(), nil}, "file system 2 of 2: it is nil"},
		"a file of the library": {[]fs.FS{policies.Rego(), fstest.MapFS{"biba.rego": file(1)}}, "biba.rego is in more than one"},
		"the library twice":     {[]fs.FS{policies.Cedar(), policies.Cedar()}, "is in more than one"},
		"a file and a directory": {[]fs.FS{fstest.MapFS{"a": file(1)}, fstest.MapFS{"a/b": file(1)}},
			"a is a file in one of them and a directory in another"},
		"a directory and a file": {[]fs.FS{fstest.MapFS{"a/b/c": file(1)}, fstest.MapFS{"a": file(1)}},
			"a is a file in one of them and a directory in another"},
		"too large":      {[]fs.FS{fstest.MapFS{"a": file(policies.MaxJoined), "b": file(1)}}, "with b there are more than 67108864 bytes"},
		"a pipe":         {[]fs.FS{fstest.MapFS{"a": {Mode: fs.ModeNamedPipe}}}, "a is not a regular file"},
		"a name of 64 K": {[]fs.FS{fstest.MapFS{strings.Repeat("a", 1<<16): file(1)}}, "Name too long"},
		"a backslash":    {[]fs.FS{fstest.MapFS{`a\b.rego`: file(1)}}, "has a backslash in its name"},
		"cannot list":    {[]fs.FS{failing{fstest.MapFS{"a": file(1)}, "."}}, "permission"},
		"cannot open":    {[]fs.FS{failing{fstest.MapFS{"a": file(1)}, "a"}}, "permission"},
		"cannot read":    {[]fs.FS{unreadable{fstest.MapFS{"a": file(1)}}}, "permission"},
		"dangling link":  {[]fs.FS{dangling(t)}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			joined, err := policies.Join(c.systems...)
			if joined != nil || !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %.200v, want ErrConfig and %q", joined, err, c.want)
			}
		})
	}
}

func dangling(t *testing.T) fs.FS {
	dir := t.TempDir()
	if err := os.Symlink("gone.rego", filepath.Join(dir, "a.rego")); err != nil {
		t.Fatal(err)
	}
	return os.DirFS(dir)
}

// failing does not open one name; it still says what is there.
type failing struct {
	fstest.MapFS
	name string
}

func (f failing) Open(name string) (fs.File, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func (f failing) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.ReadDir(name)
}

// unreadable opens files that cannot be read.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	file, err := u.MapFS.Open(name)
	return unreadableFile{file}, err
}

type unreadableFile struct{ fs.File }

func (unreadableFile) Read([]byte) (int, error) { return 0, fs.ErrPermission }
