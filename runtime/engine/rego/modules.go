package rego

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Limits on what one engine loads. They are far above what people write and
// far below what makes a start slow.
const (
	MaxModules    = 2000
	MaxModuleSize = 1 << 20 // bytes
)

// module is one Rego file.
type module struct {
	path   string // with slashes, relative to the file system's root
	source string
}

// readModules reads all modules below the root, sorted by path.
func readModules(fsys fs.FS) ([]module, error) {
	if fsys == nil {
		return nil, errors.New("no file system: give an embed.FS or os.DirFS with the policies")
	}
	var modules []module
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || !isModule(name):
			return nil
		}
		source, err := readModule(fsys, name)
		if err != nil {
			return err
		}
		modules = append(modules, module{name, source})
		return tooMany(len(modules))
	})
	if err != nil {
		return nil, err
	}
	if len(modules) == 0 {
		return nil, errors.New("there is no .rego file (tests, named _test.rego, do not count)")
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return modules, nil
}

func isModule(name string) bool {
	return path.Ext(name) == ".rego" && !strings.HasSuffix(name, "_test.rego")
}

func readModule(fsys fs.FS, name string) (string, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	source, err := io.ReadAll(io.LimitReader(file, MaxModuleSize+1))
	if err != nil {
		return "", err
	}
	return string(source), tooLarge(name, len(source))
}

// sourceModules is readModules for modules in memory.
func sourceModules(sources map[string]string) ([]module, error) {
	if len(sources) == 0 {
		return nil, errors.New("there is no module: give one with a rule allow")
	}
	if err := tooMany(len(sources)); err != nil {
		return nil, err
	}
	var modules []module
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if err := tooLarge(name, len(sources[name])); err != nil {
			return nil, err
		}
		modules = append(modules, module{name, sources[name]})
	}
	return modules, nil
}

func tooMany(n int) error {
	if n > MaxModules {
		return fmt.Errorf("there are more than %d .rego files: load the directory that holds the policies only, or several engines", MaxModules)
	}
	return nil
}

func tooLarge(name string, size int) error {
	if size > MaxModuleSize {
		return fmt.Errorf("%s has more than %d bytes: split it", name, MaxModuleSize)
	}
	return nil
}
