package reload

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Limits on what is looked at, which is read at each look.
const (
	MaxFiles = 10_000   // files and directories
	MaxBytes = 64 << 20 // of all files
)

// fingerprint is the SHA-256 over the names and bytes of files.
type fingerprint [sha256.Size]byte

// look reads what is at a path. It is an error if that is nothing, or too much.
func look(path string) (fingerprint, error) {
	l := looker{hash: sha256.New(), left: MaxBytes}
	info, err := os.Stat(path)
	if err != nil {
		return fingerprint{}, err
	}
	if info.IsDir() {
		err = l.directory(os.DirFS(path))
		if err == nil && l.files == 0 {
			err = errors.New("there is no file in it")
		}
	} else {
		err = l.file(os.DirFS(filepath.Dir(path)), filepath.Base(path), info)
	}
	if err != nil {
		return fingerprint{}, fmt.Errorf("%s: %w", path, err)
	}
	return fingerprint(l.hash.Sum(nil)), nil
}

// looker hashes one file after the other, in the order of their names.
type looker struct {
	hash           hash.Hash
	entries, files int
	left           int64 // bytes
}

func (l *looker) directory(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		l.entries++
		switch {
		case err != nil:
			return err
		case l.entries > MaxFiles:
			return fmt.Errorf("there are more than %d files and directories: give the directory that holds the policies only", MaxFiles)
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		info, err := fs.Stat(fsys, name) // of what a link leads to
		if err != nil {
			return err
		}
		if info.IsDir() {
			return nil
		}
		return l.file(fsys, name, info)
	})
}

// file hashes the name and the bytes of one file. A pipe or a device is an
// error: to read one may wait for ever.
func (l *looker) file(fsys fs.FS, name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: remove it", name)
	}
	file, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	content := sha256.New()
	n, err := io.Copy(content, io.LimitReader(file, l.left+1))
	if err != nil {
		return err
	}
	if l.left -= n; l.left < 0 {
		return fmt.Errorf("there are more than %d bytes: give the directory that holds the policies only", MaxBytes)
	}
	l.files++
	l.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(name))))
	l.hash.Write([]byte(name))
	l.hash.Write(content.Sum(nil))
	return nil
}
