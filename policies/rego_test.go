package policies_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestRegoUnitTests runs the _test.rego files as "opa test policies/rego" does,
// and asks that every line of the policies is part of it.
func TestRegoUnitTests(t *testing.T) {
	modules, store, err := tester.Load([]string{"rego"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	transaction, err := store.NewTransaction(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(t.Context(), transaction)
	coverage := cover.New()
	results, err := tester.NewRunner().
		SetStore(store).
		SetModules(modules).
		RaiseBuiltinErrors(true).
		SetCoverageQueryTracer(coverage).
		RunTests(t.Context(), transaction)
	if err != nil {
		t.Fatal(err)
	}
	tested := make(map[string]bool)
	for result := range results {
		tested[result.Package] = true
		if !result.Pass() {
			t.Errorf("%s: %s.%s: %v", result.Location, result.Package, result.Name, result.Error)
		}
	}
	for policy := range tables {
		if name := "data." + strings.ReplaceAll(policy, "/", ".") + "_test"; !tested[name] {
			t.Errorf("%s has no tests: want the package %s", policy, name)
		}
	}
	covered := coverage.Report(modules).Files
	for _, name := range slices.Sorted(maps.Keys(regoFiles(t))) {
		report := covered[name]
		switch {
		case strings.HasSuffix(name, "_test.rego"):
		case report == nil:
			t.Errorf("%s is not covered at all", name)
		case report.Coverage < 100:
			t.Errorf("%s: these lines are not covered: %v", name, report.NotCovered)
		}
	}
}

// TestRegoIsFormatted is "opa fmt --fail".
func TestRegoIsFormatted(t *testing.T) {
	for name, source := range regoFiles(t) {
		formatted, err := format.Source(name, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		if string(formatted) != source {
			t.Errorf("%s is not formatted: run opa fmt -w", name)
		}
	}
}

// TestRegoIsStrict is "opa check --strict", for v1 and for a server that was
// told to read v0.
func TestRegoIsStrict(t *testing.T) {
	for _, version := range []ast.RegoVersion{ast.RegoV0, ast.RegoV1} {
		modules := make(map[string]*ast.Module)
		for name, source := range regoFiles(t) {
			module, err := ast.ParseModuleWithOpts(name, source, ast.ParserOptions{RegoVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			modules[name] = module
		}
		compiler := ast.NewCompiler().WithStrict(true)
		if compiler.Compile(modules); compiler.Failed() {
			t.Errorf("%s: %v", version, compiler.Errors)
		}
	}
}

func regoFiles(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("rego/*.rego")
	if err != nil || len(names) != 2*len(tables) {
		t.Fatalf("policies and tests are %q, %v", names, err)
	}
	files := make(map[string]string)
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(source)
	}
	return files
}
