package reload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func printOf(t *testing.T, fsys fs.FS) fingerprint {
	t.Helper()
	l := looker{hash: sha256.New(), left: MaxBytes}
	if err := l.directory(fsys); err != nil {
		t.Fatal(err)
	}
	return fingerprint(l.hash.Sum(nil))
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// TestFingerprintSeesEveryChange, and none that loaders do not see.
func TestFingerprintSeesEveryChange(t *testing.T) {
	seen := map[fingerprint]string{}
	for name, fsys := range map[string]fstest.MapFS{
		"base":           {"a": file("one"), "b": file("two")},
		"content":        {"a": file("one"), "b": file("Two")},
		"name":           {"a": file("one"), "c": file("two")},
		"swapped":        {"a": file("two"), "b": file("one")},
		"moved text":     {"a": file("onetwo"), "b": file("")},
		"one less":       {"a": file("one")},
		"one more":       {"a": file("one"), "b": file("two"), "c": file("")},
		"folder":         {"a": file("one"), "x/b": file("two")},
		"name in a text": {"a": file("one"), "ab": file("two")},
	} {
		print := printOf(t, fsys)
		if other, ok := seen[print]; ok {
			t.Errorf("%s and %s look alike", name, other)
		}
		seen[print] = name
		fsys[".hidden"], fsys["..2026_01_01/a"] = file("x"), file("x")
		fsys["empty"] = &fstest.MapFile{Mode: fs.ModeDir}
		if printOf(t, fsys) != print {
			t.Errorf("%s: what a loader does not see changes the fingerprint", name)
		}
	}
}

// faulty is a file system with one file or folder that cannot be used.
type faulty struct {
	fstest.MapFS
	bad string
	err error
}

func (f faulty) Open(name string) (fs.File, error) {
	if name == f.bad {
		return nil, f.err
	}
	return f.MapFS.Open(name)
}

func (f faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == f.bad {
		return nil, f.err
	}
	return f.MapFS.ReadDir(name)
}

// badRead is a file whose bytes cannot be read.
type badRead struct{ fstest.MapFS }

func (b badRead) Open(name string) (fs.File, error) {
	file, err := b.MapFS.Open(name)
	if name == "a" {
		file = unreadable{file}
	}
	return file, err
}

func (b badRead) Stat(name string) (fs.FileInfo, error) { return fs.Stat(b.MapFS, name) }

type unreadable struct{ fs.File }

func (unreadable) Read([]byte) (int, error) { return 0, errors.New("bad sector") }

func TestFingerprintErrors(t *testing.T) {
	many := fstest.MapFS{}
	for i := range MaxFiles {
		many[fmt.Sprint(i)] = file("")
	}
	broken := errors.New("broken")
	tests := []struct {
		name string
		fsys fs.FS
		left int64
		want string
	}{
		{"too many", many, 1, "more than 10000 files and directories"},
		{"too large", fstest.MapFS{"a": file("123")}, 2, "bytes: give the directory"},
		{"too large together", fstest.MapFS{"a": file("12"), "b": file("1")}, 2, "bytes: give the directory"},
		{"a device", fstest.MapFS{"a": {Mode: fs.ModeDevice}}, 1, "a is no regular file"},
		{"a folder that cannot be read", faulty{fstest.MapFS{"a/b": file("")}, "a", broken}, 1, "broken"},
		{"a file that cannot be opened", faulty{fstest.MapFS{"a": file("")}, "a", broken}, 1, "broken"},
		{"a file that cannot be read", badRead{fstest.MapFS{"a": file("")}}, 1, "bad sector"},
	}
	for _, tt := range tests {
		l := looker{hash: sha256.New(), left: tt.left}
		if err := l.directory(tt.fsys); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	l := looker{hash: sha256.New(), left: 3}
	if err := l.directory(fstest.MapFS{"a": file("12"), "b": file("1")}); err != nil {
		t.Errorf("as large as allowed: %v", err)
	}
}

// TestLook is about links and what is no file, on the real file system.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	in := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	write := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, from string) {
		t.Helper()
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	mustLook := func(path string) fingerprint {
		t.Helper()
		print, err := look(path)
		if err != nil {
			t.Fatal(err)
		}
		return print
	}
	write(in("plain", "a"), "text")
	write(in("elsewhere", "target"), "text")
	link(in("elsewhere", "target"), in("a"))
	if err := os.Mkdir(in("linked"), 0o755); err != nil {
		t.Fatal(err)
	}
	link(in("elsewhere", "target"), in("linked", "a"))
	link(in("elsewhere"), in("linked", "folder"))
	link(in("linked"), in("linked", "itself"))
	link(in("plain"), in("to-plain"))
	want := mustLook(in("plain"))
	for _, path := range []string{in("linked"), in("to-plain"), in("plain", "a"), in("a")} {
		if mustLook(path) != want {
			t.Errorf("%s looks different from the plain folder", path)
		}
	}

	write(in("dangling", "a"), "text")
	link(in("nowhere"), in("dangling", "b"))
	if err := os.Mkdir(in("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A short name: the path of a socket has a limit of some 100 bytes.
	short, err := os.MkdirTemp("", "kest")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	socket, err := net.Listen("unix", filepath.Join(short, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for path, want := range map[string]string{
		in("nowhere"):             "no such file",
		in("dangling"):            "no such file",
		in("empty"):               "there is no file in it",
		short:                     "s is no regular file",
		filepath.Join(short, "s"): "s is no regular file",
	} {
		if _, err := look(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}
