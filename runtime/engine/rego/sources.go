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

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// Limits on what one engine loads. They are far above what people write and
// far below what makes a start slow.
const (
	MaxModules    = 2000
	MaxModuleSize = 1 << 20  // bytes of one module, or of one YAML document
	MaxDataSize   = 16 << 20 // bytes of all data documents
)

// ErrNoModules is for a file system or a bundle that has no modules. It tells a
// directory without Rego, which may hold other policies, from one that cannot be
// read.
var ErrNoModules = errors.New("there is no .rego file (tests, named _test.rego, do not count)")

// sources are the files of which an engine is made, each list sorted by path.
type sources struct {
	modules  []file
	data     []file // data.json, data.yaml and data.yml
	manifest []file // of a bundle: none or one
}

// file is one file of the policies.
type file struct {
	path string // with slashes, relative to the root; no two files have the same
	text string
	name string // of a file in a bundle: what the archive calls it
}

// readSources reads all modules and data documents below the root.
func readSources(fsys fs.FS) (*sources, error) {
	if fsys == nil {
		return nil, errors.New("no file system: give an embed.FS or os.DirFS with the policies")
	}
	src := new(sources)
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || strings.HasSuffix(name, "_test.rego"):
			return nil
		case isModule(name):
			return src.read(fsys, name, &src.modules, MaxModuleSize)
		case isData(name):
			return src.read(fsys, name, &src.data, MaxDataSize)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := src.check(); err != nil {
		return nil, err
	}
	return src, nil
}

func isModule(name string) bool { return path.Ext(name) == bundle.RegoExt }

// isData says which files are data, by the rule of OPA's bundles. Other JSON and
// YAML files, which opa run takes from a folder too, are most often something
// else: a schema, a test's input, a deployment.
func isData(name string) bool {
	return path.Base(name) == "data.json" || bundle.IsYAMLDataFile(name)
}

func (src *sources) read(fsys fs.FS, name string, list *[]file, limit int64) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return err
	}
	*list = append(*list, file{path: name, text: string(text)})
	return src.checkSize()
}

// memorySources are modules in memory.
func memorySources(modules map[string]string) (*sources, error) {
	if len(modules) == 0 {
		return nil, errors.New("there is no module: give one with a rule allow")
	}
	src := new(sources)
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		src.modules = append(src.modules, file{path: name, text: modules[name]})
	}
	return src, src.check()
}

// check sorts the files, and says what there is too much or too little of.
func (src *sources) check() error {
	if err := src.checkSize(); err != nil {
		return err
	}
	if len(src.modules) == 0 {
		return ErrNoModules
	}
	for _, list := range [][]file{src.modules, src.data} {
		slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.path, b.path) })
	}
	return nil
}

func (src *sources) checkSize() error {
	if len(src.modules) > MaxModules || len(src.data) > MaxModules {
		return fmt.Errorf("there are more than %d .rego or data files: load the directory that holds the policies only, or several engines", MaxModules)
	}
	for _, m := range src.modules {
		if len(m.text) > MaxModuleSize {
			return fmt.Errorf("%s has more than %d bytes: split it", m.path, MaxModuleSize)
		}
	}
	size := 0
	for _, d := range src.data {
		if size += len(d.text); size > MaxDataSize {
			return fmt.Errorf("the data documents have more than %d bytes: what is that large, an application looks up and gives as an attribute", MaxDataSize)
		}
	}
	return nil
}

// compiled is what sources mean.
type compiled struct {
	modules map[string]*ast.Module
	store   documents
}

// understand reads the data documents and the modules; it reports everything that
// it cannot read.
func (src *sources) understand() (*compiled, error) {
	manifest, data, err := src.documents()
	if err != nil {
		return nil, err
	}
	c := &compiled{modules: make(map[string]*ast.Module, len(src.modules)), store: documents{root: data}}
	var failed []error
	for _, m := range src.modules {
		parsed, err := parseModule(m, manifest)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		c.modules[m.path] = parsed
	}
	return c, errors.Join(failed...)
}
