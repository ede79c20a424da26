package generator

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// loaded is a type-checked package and its annotated files.
type loaded struct {
	*packages.Package
	files   []*loadedFile
	sources *sources
}

// A loadedFile is a source in its package.
type loadedFile struct {
	*source
	syntax *ast.File
	// done is set when the file was generated under another build configuration
	// already: its names count, but it is not written again.
	done bool
}

const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedModule

// load type-checks the packages of the annotated files: all that the current
// build configuration selects at once, then the rest under configurations that
// select them.
func load(ctx context.Context, options Options, found *sources) ([]*loaded, error) {
	if len(found.annotated) == 0 {
		return nil, nil
	}
	overlay, err := newOverlay(found)
	if err != nil {
		return nil, err
	}
	defer overlay.remove()

	var result []*loaded
	done := map[string]bool{}
	for _, config := range configurations(found.annotated, options) {
		var rest []*source
		for _, s := range found.annotated {
			if !done[s.path] && (config.env == nil && config.tags == "" || config.selects(s)) {
				rest = append(rest, s)
			}
		}
		if len(rest) == 0 {
			continue
		}
		pkgs, err := overlay.load(ctx, options, config, rest)
		if err != nil {
			return nil, err
		}
		if len(pkgs) == 0 {
			return nil, fmt.Errorf("the go command finds no package in %s: is there a go.mod above it?", filepath.Dir(rest[0].path))
		}
		if err := unloadable(pkgs); err != nil {
			return nil, err
		}
		for _, pkg := range pkgs {
			if l := annotatedIn(pkg, found, done); l != nil {
				result = append(result, l)
			}
		}
	}
	for _, s := range found.annotated {
		if !done[s.path] {
			found.unseen = append(found.unseen, s)
		}
	}
	return result, nil
}

// unloadable gives the reason why there are no files in a package.
func unloadable(pkgs []*packages.Package) error {
	for _, pkg := range pkgs {
		if len(pkg.Syntax) > 0 {
			continue
		}
		for _, err := range pkg.Errors {
			if strings.Contains(err.Msg, "build constraints exclude all Go files") {
				continue // another configuration may select one
			}
			if err.Kind == packages.ListError || err.Kind == packages.UnknownError {
				return fmt.Errorf("package %s: %s", pkg.ID, err.Msg)
			}
		}
	}
	return nil
}

// annotatedIn picks the annotated files of a package. A test variant has the
// files of the package itself again, which are done by then.
func annotatedIn(pkg *packages.Package, found *sources, done map[string]bool) *loaded {
	l := &loaded{Package: pkg, sources: found}
	fresh := false
	for _, file := range pkg.Syntax {
		path := pkg.Fset.PositionFor(file.FileStart, false).Filename
		i := slices.IndexFunc(found.annotated, func(s *source) bool { return s.path == path })
		if i < 0 {
			continue
		}
		l.files = append(l.files, &loadedFile{source: found.annotated[i], syntax: file, done: done[path]})
		fresh = fresh || !done[path]
		done[path] = true
	}
	if !fresh {
		return nil
	}
	slices.SortFunc(l.files, func(a, b *loadedFile) int { return strings.Compare(a.path, b.path) })
	return l
}

// An overlay hides the outputs on disk and puts stubs into the sources. It is
// given to the go command, not to packages.Config: with the latter, packages.Load
// reads all dependencies from source.
type overlay struct {
	dir   string
	files map[string][]byte // sources with stubs
}

func newOverlay(found *sources) (*overlay, error) {
	dir, err := os.MkdirTemp("", "kestgen-")
	if err != nil {
		return nil, err
	}
	o := &overlay{dir: dir, files: map[string][]byte{}}
	for _, s := range found.annotated {
		o.files[s.path] = s.stubbed()
	}
	replace := map[string]string{}
	for path := range found.outputs {
		replace[path] = "" // as if it were not there
	}
	for i, path := range slices.Sorted(maps.Keys(o.files)) {
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(replace[path], o.files[path], 0o600); err != nil {
			o.remove()
			return nil, err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(o.json(), text, 0o600)
	}
	if err != nil {
		o.remove()
		return nil, err
	}
	return o, nil
}

func (o *overlay) json() string { return filepath.Join(o.dir, "overlay.json") }

// remove deletes what is temporary; an error leaves a few small files.
func (o *overlay) remove() { _ = os.RemoveAll(o.dir) }

func (o *overlay) load(ctx context.Context, options Options, config configuration, sources []*source) ([]*packages.Package, error) {
	var patterns []string
	tests := false
	for _, s := range sources {
		patterns = append(patterns, filepath.Dir(s.path))
		tests = tests || s.isTest()
	}
	slices.Sort(patterns)
	patterns = slices.Compact(patterns)

	env := options.Env
	if env == nil {
		env = os.Environ()
	}
	flags := []string{"-overlay=" + o.json()}
	if slices.ContainsFunc(sources, func(s *source) bool { return usesCgo(s.syntax) }) {
		flags = append(flags, "-trimpath=false") // else cgo trims the names of sources
	}
	if config.tags != "" {
		flags = append(flags, "-tags="+config.tags)
	}
	pkgs, err := packages.Load(&packages.Config{
		Context:    ctx,
		Dir:        options.Dir,
		Env:        append(slices.Clip(env), config.env...),
		BuildFlags: flags,
		Mode:       loadMode,
		Tests:      tests,
		ParseFile:  o.parse,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	// The packages before their test variants, which have the same files.
	slices.SortStableFunc(pkgs, func(a, b *packages.Package) int { return strings.Compare(a.ID, b.ID) })
	return pkgs, nil
}

// parse reads a file as the overlay has it, without the bodies of functions:
// what they do is none of the generator's business, nor are errors in them.
func (o *overlay) parse(fset *token.FileSet, filename string, text []byte) (*ast.File, error) {
	if overlaid, ok := o.files[filename]; ok {
		text = overlaid
	} else if path, copied, ok := cgoSource(text); ok && o.files[path] != nil {
		filename, text = path, copied
	}
	file, err := parser.ParseFile(fset, filename, text, parser.ParseComments|parser.AllErrors|parser.SkipObjectResolution)
	if file != nil {
		dropBodies(file)
	}
	return file, err
}

func dropBodies(file *ast.File) {
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			fn.Body.List = nil
		}
	}
}
