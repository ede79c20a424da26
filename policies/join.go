package policies

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

// MaxJoined is how many bytes [Join] takes, of all files together.
const MaxJoined = 64 << 20

// Join makes one file system of several, for an engine that loads the library
// together with a service's own policies. It reads every file at once, so that
// what is loaded does not change under the engine; names that start with a dot
// are left out, and symbolic links are followed to files and not to directories,
// as the engines do.
//
// A path that two of them have is an error, never a replacement: a file of one's
// own does not take the place of one of the library by accident. So is a file
// that cannot be read, or more than [MaxJoined]. All errors match
// [kest.ErrConfig].
func Join(systems ...fs.FS) (fs.FS, error) {
	var archive bytes.Buffer
	j := joining{archive: zip.NewWriter(&archive), isFile: make(map[string]bool)}
	for i, fsys := range systems {
		if err := j.add(fsys); err != nil {
			return nil, fmt.Errorf("%w: policies: file system %d of %d: %w", kest.ErrConfig, i+1, len(systems), err)
		}
	}
	if err := j.archive.Close(); err != nil {
		return nil, fmt.Errorf("%w: policies: %w", kest.ErrConfig, err)
	}
	joined, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		return nil, fmt.Errorf("%w: policies: %w", kest.ErrConfig, err)
	}
	return joined, nil
}

// joining writes an archive, because zip.Reader is the file system in memory
// that the standard library has.
type joining struct {
	archive *zip.Writer
	isFile  map[string]bool // of each path; false for the directories above
	size    int64           // of all files, in bytes
}

func (j *joining) add(fsys fs.FS) error {
	if fsys == nil {
		return errors.New("it is nil: give an embed.FS or os.DirFS with policies")
	}
	return fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		return j.addFile(fsys, name)
	})
}

func (j *joining) addFile(fsys fs.FS, name string) error {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return nil // behind a symbolic link
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", name)
	case strings.Contains(name, `\`):
		// Which an archive takes for a slash.
		return fmt.Errorf("%s has a backslash in its name: rename it", name)
	}
	if err := j.claim(name); err != nil {
		return err
	}
	source, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer source.Close()
	file, err := j.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(source, MaxJoined-j.size+1))
	if err != nil {
		return err
	}
	if j.size += n; j.size > MaxJoined {
		return fmt.Errorf("with %s there are more than %d bytes: join directories that hold policies only", name, MaxJoined)
	}
	return nil
}

// claim takes the path for one file, and those above it for directories.
func (j *joining) claim(name string) error {
	const both = "%s is a file in one of them and a directory in another: rename one"
	switch isFile, taken := j.isFile[name]; {
	case taken && isFile:
		return fmt.Errorf("%s is in more than one of them: rename the file, or leave one out", name)
	case taken:
		return fmt.Errorf(both, name)
	}
	j.isFile[name] = true
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if j.isFile[dir] {
			return fmt.Errorf(both, dir)
		}
		j.isFile[dir] = false
	}
	return nil
}
