package cedar

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Limits on what one engine loads. They are far above what people write and
// far below what makes a start slow.
const (
	MaxFiles    = 2000
	MaxFileSize = 1 << 20 // bytes
)

// kind is what a file holds.
type kind int

const (
	kindOther kind = iota
	kindPolicies
	kindPoliciesJSON
	kindEntities
	kindSchema
	kindSchemaJSON
)

// file is one file that the engine reads.
type file struct {
	kind kind
	path string // with slashes, relative to the file system's root
	text []byte
}

// kindOf goes by the name without regard to case: a forbid must not be left out
// because its file is called Fraud.CEDAR.
func kindOf(base string) kind {
	base = "." + strings.ToLower(base)
	switch {
	case strings.HasSuffix(base, ".cedar"):
		return kindPolicies
	case strings.HasSuffix(base, ".cedar.json"):
		return kindPoliciesJSON
	case strings.HasSuffix(base, ".entities.json"):
		return kindEntities
	case strings.HasSuffix(base, ".cedarschema"):
		return kindSchema
	case strings.HasSuffix(base, ".cedarschema.json"):
		return kindSchemaJSON
	}
	return kindOther
}

// readFiles reads all files below the root that are Cedar's, sorted by path.
func readFiles(fsys fs.FS) ([]file, error) {
	if fsys == nil {
		return nil, errors.New("no file system: give an embed.FS or os.DirFS with the policies")
	}
	var files []file
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
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
		k := kindOf(entry.Name())
		if k == kindOther {
			return nil
		}
		if len(files) == MaxFiles {
			return fmt.Errorf("there are more than %d files: load the directory that holds the policies only, or several engines", MaxFiles)
		}
		text, err := readFile(fsys, name)
		files = append(files, file{k, name, text})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files, nil
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxFileSize {
		return nil, fmt.Errorf("%s has more than %d bytes: split it", name, MaxFileSize)
	}
	return text, nil
}
