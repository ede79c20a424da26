package hookvet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"
)

// Options say what [Check] looks at.
type Options struct {
	Dir      string   // of the patterns; the current one if empty
	Env      []string // of the go command; os.Environ if nil
	Patterns []string // packages as for go vet; "." if there are none
}

// A Report is what [Check] found, sorted by position.
type Report struct {
	Findings []Finding
	Bypasses []AllowedUse
}

// A Finding is a use that goes around a hook, or a wrong bypass.
type Finding struct {
	Pos     token.Position
	Code    string // one of the constants of this package
	Message string
}

// An AllowedUse is a [Bypass] with its position spelt out.
type AllowedUse struct {
	Pos      token.Position
	Function string
	Reason   string
}

// Check runs [Analyzer] over packages and their tests. It reads directives in
// all packages that they depend on, of other modules too, but type-checks only
// packages that could use an annotated function, against export data: so it is
// much faster than a driver that reads dependencies from source. An error means
// that nothing can be said, for instance because a package does not compile.
func Check(ctx context.Context, options Options) (*Report, error) {
	patterns := options.Patterns
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	roots, err := packages.Load(&packages.Config{
		Context: ctx, Dir: options.Dir, Env: options.Env, Tests: true,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedExportFile | packages.NeedModule | packages.NeedTypesSizes,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return nil, errors.New("no packages match " + strings.Join(patterns, " "))
	}
	if err := loadErrors(roots); err != nil {
		return nil, err
	}
	p := &program{fset: token.NewFileSet(), concerned: map[*packages.Package]bool{}}
	if err := p.readDirectives(roots); err != nil {
		return nil, err
	}
	return p.vet(withoutCopies(roots))
}

// loadErrors gathers what is wrong with the packages, each mistake once.
func loadErrors(roots []*packages.Package) error {
	var errs []error
	seen := map[string]bool{}
	packages.Visit(roots, nil, func(pkg *packages.Package) {
		for _, err := range pkg.Errors {
			if text := err.Error(); !seen[text] {
				seen[text] = true
				errs = append(errs, err)
			}
		}
	})
	return errors.Join(errs...)
}

// withoutCopies leaves out the main packages of tests and every package of which
// there is a variant with its tests, which has all its files.
func withoutCopies(roots []*packages.Package) []*packages.Package {
	tested := map[string]bool{}
	for _, pkg := range roots {
		if strings.HasSuffix(pkg.ID, "["+pkg.PkgPath+".test]") {
			tested[pkg.PkgPath] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(roots), func(pkg *packages.Package) bool {
		return strings.HasSuffix(pkg.ID, ".test") || pkg.ID == pkg.PkgPath && tested[pkg.PkgPath]
	})
}

// program is all that was loaded.
type program struct {
	fset      *token.FileSet
	annotated annotated // the functions of all packages
	// concerned are the packages that have directives or depend on one that has.
	concerned map[*packages.Package]bool
}

// readDirectives finds the annotated functions of all packages. Only packages with
// the bytes of a directive are parsed.
func (p *program) readDirectives(roots []*packages.Package) error {
	var all []*packages.Package
	packages.Visit(roots, nil, func(pkg *packages.Package) { all = append(all, pkg) })

	found := make([][]function, len(all))
	err := each(len(all), func(i int) error {
		mentioned := false
		for _, name := range all[i].CompiledGoFiles {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			mentioned = mentioned || bytes.Contains(text, []byte("//kest:verified"))
		}
		if !mentioned {
			return nil
		}
		files, err := p.parse(all[i])
		if err != nil {
			return err
		}
		found[i] = annotatedIn(p.fset, all[i].PkgPath, files)
		return nil
	})
	if err != nil {
		return err
	}
	for i, pkg := range all { // dependencies first
		p.annotated.Functions = append(p.annotated.Functions, found[i]...)
		p.concerned[pkg] = len(found[i]) > 0
		for _, dependency := range pkg.Imports {
			p.concerned[pkg] = p.concerned[pkg] || p.concerned[dependency]
		}
	}
	return nil
}

func (p *program) parse(pkg *packages.Package) ([]*ast.File, error) {
	var files []*ast.File
	for _, name := range pkg.CompiledGoFiles {
		file, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (p *program) vet(roots []*packages.Package) (*Report, error) {
	reports := make([]*Report, len(roots))
	err := each(len(roots), func(i int) (err error) {
		if reports[i] = new(Report); p.mayHaveFindings(roots[i]) {
			reports[i], err = p.analyze(roots[i])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	result := new(Report)
	for _, r := range reports {
		result.Findings = append(result.Findings, r.Findings...)
		result.Bypasses = append(result.Bypasses, r.Bypasses...)
	}
	slices.SortFunc(result.Findings, func(a, b Finding) int {
		return cmp.Or(comparePositions(a.Pos, b.Pos), strings.Compare(a.Message, b.Message))
	})
	slices.SortFunc(result.Bypasses, func(a, b AllowedUse) int {
		return cmp.Or(comparePositions(a.Pos, b.Pos), strings.Compare(a.Function, b.Function))
	})
	// A file that is in two packages is seen twice.
	result.Findings = slices.Compact(result.Findings)
	result.Bypasses = slices.Compact(result.Bypasses)
	return result, nil
}

func comparePositions(a, b token.Position) int {
	return cmp.Or(strings.Compare(a.Filename, b.Filename), a.Line-b.Line, a.Column-b.Column)
}

// mayHaveFindings says whether a package has to be type-checked: it can refer to
// annotated functions, or has the bytes of a bypass or of a reference that needs
// no import.
func (p *program) mayHaveFindings(pkg *packages.Package) bool {
	if p.concerned[pkg] {
		return true
	}
	for _, name := range slices.Concat(pkg.CompiledGoFiles, pkg.OtherFiles) {
		text, err := os.ReadFile(name)
		if err != nil || looksConcerned(text) {
			return true // an error comes again, and is reported, in analyze
		}
	}
	return false
}

// looksConcerned says whether a file of a package that does not depend on
// annotated ones has something to look at.
func looksConcerned(text []byte) bool {
	if bytes.Contains(text, []byte("//go:linkname")) || bytes.Contains(text, []byte("·")) {
		return true
	}
	for _, word := range []string{"kest", "Kest", "KEST"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}

// analyze type-checks a package and runs the analyzer on it.
func (p *program) analyze(pkg *packages.Package) (*Report, error) {
	files, err := p.parse(pkg)
	if err != nil {
		return nil, err
	}
	checked, info, err := p.typeCheck(pkg, files)
	if err != nil {
		return nil, err
	}
	report := new(Report)
	pass := &analysis.Pass{
		Analyzer: Analyzer, Fset: p.fset, Files: files, Pkg: checked, TypesInfo: info, TypesSizes: pkg.TypesSizes,
		OtherFiles: pkg.OtherFiles, ReadFile: os.ReadFile,
		// The facts are those of the whole program: linkname needs no import.
		AllPackageFacts:   func() []analysis.PackageFact { return []analysis.PackageFact{{Package: checked, Fact: &p.annotated}} },
		ExportPackageFact: func(analysis.Fact) {}, // readDirectives has read it
		Report: func(d analysis.Diagnostic) {
			report.Findings = append(report.Findings, Finding{p.position(d.Pos, pkg), d.Category, d.Message})
		},
	}
	result, err := Analyzer.Run(pass)
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", pkg.ID, err)
	}
	for _, b := range result.(*Result).Bypasses {
		report.Bypasses = append(report.Bypasses, AllowedUse{p.position(b.Pos, pkg), b.Function, b.Reason})
	}
	return report, nil
}

// position is where something stands on disk, whatever //line comments say, but
// for files that cgo wrote, whose comments name the source.
func (p *program) position(pos token.Pos, pkg *packages.Package) token.Position {
	if at := p.fset.PositionFor(pos, false); slices.Contains(pkg.GoFiles, at.Filename) || slices.Contains(pkg.OtherFiles, at.Filename) {
		return at
	}
	return p.fset.PositionFor(pos, true)
}

// each calls f for 0 to n-1, several at once, and gives the first error by index.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		free <- struct{}{}
		group.Go(func() {
			errs[i] = f(i)
			<-free
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
