package generate

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/kestgo/kest/generator"
	"github.com/kestgo/kest/internal/benchmarks/ratio"
)

// loadMode is what kestgen needs to know of a package.
const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedModule

// A subject is a module to generate for.
type subject struct {
	dir      string
	patterns []string
	env      []string
}

var modules = []struct {
	name string
	make func(*testing.B) subject
}{
	{"examples", examples},
	{"large", large},
}

func examples(b *testing.B) subject {
	b.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		b.Fatal(err)
	}
	return subject{dir: root, patterns: []string{"./examples/..."}, env: os.Environ()}
}

func large(b *testing.B) subject {
	b.Helper()
	s := subject{
		dir:      largeModule(b),
		patterns: []string{"./..."},
		env:      append(os.Environ(), "GOFLAGS=-mod=mod -trimpath", "GOPROXY=off", "GOWORK=off"),
	}
	if _, err := s.generate(b).Write(); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s subject) generate(b *testing.B) *generator.Output {
	output, err := generator.Generate(b.Context(), generator.Options{Dir: s.dir, Patterns: s.patterns, Env: s.env})
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range output.Diagnostics {
		b.Fatal(d)
	}
	return output
}

// load is the bare load of the same patterns.
func (s subject) load(b *testing.B) {
	pkgs, err := packages.Load(&packages.Config{Context: b.Context(), Dir: s.dir, Env: s.env, Mode: loadMode}, s.patterns...)
	if err != nil {
		b.Fatal(err)
	}
	if packages.PrintErrors(pkgs) > 0 {
		b.Fatal("the bare load has errors")
	}
}

// list is go list alone, which finds and compiles what the packages import.
func (s subject) list(b *testing.B) {
	cmd := exec.CommandContext(b.Context(), "go", append([]string{"list", "-export", "-deps", "-e", "-f", "{{.ImportPath}} {{.Export}}"}, s.patterns...)...)
	cmd.Dir, cmd.Env = s.dir, s.env
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
}

// BenchmarkGenerate is kestgen check with all caches warm, without the start of
// the process: everything up to the comparison with the disk.
func BenchmarkGenerate(b *testing.B) {
	for _, module := range modules {
		b.Run(module.name, func(b *testing.B) {
			s := module.make(b)
			generate := func() {
				if outdated := s.generate(b).Outdated(); len(outdated) > 0 {
					b.Fatalf("%s is %s", outdated[0].Path, outdated[0].State())
				}
			}
			s.load(b) // fills the go command's cache
			ratio.Compare(b, generate,
				ratio.Bound{Unit: "×load", Run: func() { s.load(b) }},
				ratio.Bound{Unit: "×list", Run: func() { s.list(b) }})
		})
	}
}
