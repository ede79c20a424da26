package hookvet

import (
	"fmt"
	"go/ast"
	gcimporter "go/importer"
	"go/types"
	"io"
	"os"

	"golang.org/x/tools/go/packages"
)

// typeCheck checks the files of a package against the export data of what it
// imports.
func (p *program) typeCheck(pkg *packages.Package, files []*ast.File) (*types.Package, *types.Info, error) {
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances:  map[*ast.Ident]types.Instance{},
	}
	config := &types.Config{Importer: newImporter(p, pkg), Sizes: pkg.TypesSizes}
	if pkg.Module != nil && pkg.Module.GoVersion != "" {
		config.GoVersion = "go" + pkg.Module.GoVersion
	}
	checked, err := config.Check(pkg.PkgPath, p.fset, files, info)
	if err != nil {
		return nil, nil, fmt.Errorf("package %s does not type-check: %w", pkg.ID, err)
	}
	return checked, info, nil
}

// An importer reads the export data of what a package imports. Each package has
// its own: a package that is compiled for a test must not be mixed with the one
// that is not.
type importer struct {
	pkg    *packages.Package
	reader types.Importer
}

func newImporter(p *program, pkg *packages.Package) *importer {
	exported := map[string]string{}
	for _, dependency := range pkg.Imports {
		exported[dependency.PkgPath] = dependency.ExportFile
	}
	return &importer{pkg, gcimporter.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exported[path])
	})}
}

// Import takes the path as it stands in the source.
func (i *importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	dependency := i.pkg.Imports[path]
	if dependency == nil {
		return nil, fmt.Errorf("no package for the import %q", path)
	}
	return i.reader.Import(dependency.PkgPath)
}
