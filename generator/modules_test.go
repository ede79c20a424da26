package generator_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"

	"github.com/kestgo/kest/generator"
)

// extract writes the files of an archive. In go.mod files, a line "kest" stands
// for what a module needs to use this one.
func extract(t *testing.T, archive string) string {
	t.Helper()
	dir := module(t, "example.com/main")
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(mod), "\n")
	if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	for _, file := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, file.Name)
		text := strings.Replace(string(file.Data), "\nkest\n", "\n"+requirements+"\n", 1)
		write(t, path, text)
		if filepath.Base(path) == "go.mod" {
			write(t, filepath.Join(filepath.Dir(path), "go.sum"), string(sum))
		}
	}
	return dir
}

// goIn runs the go command as a user would, without the network.
func goIn(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), []string{"GOFLAGS=", "GOPROXY=off"}, env)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// outputs generates and gives the names of the outputs.
func outputs(t *testing.T, options generator.Options) []string {
	t.Helper()
	if options.Env == nil {
		options.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	}
	output, err := generator.Generate(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range output.Diagnostics {
		t.Error(d)
	}
	if t.Failed() {
		t.FailNow()
	}
	if _, err := output.Write(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range output.Files {
		names = append(names, output.Name(&output.Files[i]))
	}
	return names
}

func equalNames(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWorkspace: beside go.work ./... is all modules of the workspace, in a
// module that one, without those nested in it.
func TestWorkspace(t *testing.T) {
	dir := extract(t, `
-- go.work --
go 1.26.0

use (
	./api
	./store
	./store/nested
)
-- api/go.mod --
module example.com/api
kest
-- api/api.go --
package api

import "example.com/store/records"

//kest:verified policy=p
func find(r records.Record) (*records.Record, error) { return &r, nil }
-- store/go.mod --
module example.com/store
kest
-- store/records/record.go --
package records

type Record struct{ ID string }

//kest:verified policy=p
func (r Record) save() error { return nil }
-- store/nested/go.mod --
module example.com/store/nested
kest
-- store/nested/n.go --
package nested

//kest:verified policy=p
func do() {}
-- unused/go.mod --
module example.com/unused
kest
-- unused/u.go --
package unused

//kest:verified policy=p
func do() {}
`)
	equalNames(t, outputs(t, generator.Options{Dir: dir, Patterns: []string{"./..."}}),
		"api/api_kest.go", "store/nested/n_kest.go", "store/records/record_kest.go")
	goIn(t, dir, nil, "vet", "./api/...", "./store/...", "./store/nested/...")
	equalNames(t, outputs(t, generator.Options{Dir: filepath.Join(dir, "store"), Patterns: []string{"./..."}}), "records/record_kest.go")
	// What is no part of the workspace is a module like any other, without it.
	equalNames(t, outputs(t, generator.Options{Dir: filepath.Join(dir, "unused"), Patterns: []string{"./..."},
		Env: append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")}), "u_kest.go")
	if _, err := generator.Generate(t.Context(), generator.Options{Dir: dir, Patterns: []string{"./unused"}}); err == nil {
		t.Error("a module outside of the workspace was loaded with it")
	}
}

const replacedModules = `
-- main/go.mod --
module example.com/main
kest
require example.com/dep v1.0.0
replace example.com/dep => ../dep
-- main/main.go --
package main

import (
	. "example.com/dep/go-units"
	"example.com/dep/internals"
)

//kest:verified policy=p
func ship(w Weight, m units2.Map) (units2.Map, error) { return m, nil }

func main() { _ = w }

var w Weight
-- dep/go.mod --
module example.com/dep

go 1.26.0
-- dep/go-units/units.go --
// The package is named differently from its folder.
package units

type Weight struct {
	Grams float64
	Of    map[string]Weight
}
-- dep/internals/v2.go --
package units2

import "example.com/dep/go-units"

type Map = map[string]units.Weight
`

// TestReplacedAndVendored: packages that are named differently from their folder,
// imported with a dot, out of a replaced module and out of a vendor folder.
func TestReplacedAndVendored(t *testing.T) {
	dir := extract(t, replacedModules)
	main := filepath.Join(dir, "main")
	goIn(t, main, nil, "mod", "tidy")
	options := generator.Options{Dir: main, Patterns: []string{"./..."}, Env: append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")}
	equalNames(t, outputs(t, options), "main_kest.go")
	replaced, err := os.ReadFile(filepath.Join(main, "main_kest.go"))
	if err != nil {
		t.Fatal(err)
	}
	goIn(t, main, nil, "vet", "./...")

	goIn(t, main, nil, "mod", "vendor")
	if err := os.RemoveAll(filepath.Join(dir, "dep")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(main, "main_kest.go")); err != nil {
		t.Fatal(err)
	}
	equalNames(t, outputs(t, options), "main_kest.go")
	vendored, err := os.ReadFile(filepath.Join(main, "main_kest.go"))
	if err != nil {
		t.Fatal(err)
	}
	if string(vendored) != string(replaced) {
		t.Errorf("vendored it is different:\n%s", vendored)
	}
	goIn(t, main, nil, "vet", "-mod=vendor", "./...")
}

// typeCheck does for other systems what go build does, without compiling all
// dependencies for them.
func typeCheck(t *testing.T, dir string, env []string) {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Dir: dir, Env: append(slices.Clip(env), "CGO_ENABLED=0"),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax}, "./...")
	if err != nil || len(pkgs) == 0 {
		t.Fatalf("%v, %d packages", err, len(pkgs))
	}
	for _, pkg := range pkgs {
		if len(pkg.GoFiles) == 0 {
			continue // nothing is for this system
		}
		for _, err := range pkg.Errors {
			t.Error(err)
		}
		if !slices.ContainsFunc(pkg.GoFiles, func(name string) bool { return strings.HasSuffix(name, "_kest.go") }) {
			t.Errorf("%s has no output", pkg.ID)
		}
	}
}

// TestTargets: outputs type-check for the systems that their sources are for.
func TestTargets(t *testing.T) {
	dir := extract(t, `
-- go.mod --
module example.com/main
kest
-- a_windows.go --
package targets

import "syscall"

//kest:verified policy=p
func open(h syscall.Handle) error { return nil }
-- only/b_darwin.go --
package only

//kest:verified policy=p
func apple(n int) error { return nil }
-- b.go --
//go:build darwin || js

package targets

//kest:verified policy=p
func other(n int) error { return nil }
-- c_test.go --
//go:build slow

package targets_test

//kest:verified policy=p
func slow(n int) error { return nil }
-- d.go --
package targets

//kest:verified policy=p
func here(n int) error { return nil }
`)
	env := append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	equalNames(t, outputs(t, generator.Options{Dir: dir, Patterns: []string{"./..."}, Env: env}),
		"a_windows_kest.go", "b_kest.go", "c_kest_test.go", "d_kest.go", "only/b_darwin_kest.go")
	for _, target := range [][]string{
		{"GOOS=windows", "GOARCH=amd64"}, {"GOOS=darwin", "GOARCH=arm64"}, {"GOOS=js", "GOARCH=wasm"}, nil,
	} {
		typeCheck(t, dir, append(env, target...))
	}
	goIn(t, dir, []string{"GOFLAGS=-mod=mod", "GOWORK=off"}, "vet", "-tags=slow", "./...")
}
