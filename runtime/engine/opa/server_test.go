package opa_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
)

// startOPA runs the program opa with the policies of the conformance table on a
// free port of the loopback interface, and returns its URL.
func startOPA(t testing.TB, arguments ...string) (url string) {
	t.Helper()
	address := testserver.Address(t)
	startOPAAt(t, address, policyBundle(t), arguments...)
	return "http://" + address
}

// startOPAAt runs it at an address ("host:port" or "unix:" and a path).
func startOPAAt(t testing.TB, address, bundle string, arguments ...string) *testserver.Process {
	t.Helper()
	at := address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		at = "unix://" + path
	}
	arguments = append([]string{"run", "--server", "--addr", at, "--log-level", "error", "--skip-version-check"}, arguments...)
	return testserver.Start(t, address, testserver.Find(t, "opa"), append(arguments, "--bundle", bundle)...)
}

// policyBundle is a folder with the policies and a manifest that says which
// modules are v0, the one way to have OPA's server take both.
func policyBundle(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	check(t, os.CopyFS(dir, conformance.Policies()))
	v0 := map[string]int{}
	for _, name := range conformance.V0 {
		v0["/"+name] = 0
	}
	manifest, err := json.Marshal(map[string]any{"rego_version": 1, "file_rego_versions": v0})
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, ".manifest"), manifest, 0o600))
	return dir
}

// TestV0ListIsRight holds the list that the manifest is made of against the
// modules themselves.
func TestV0ListIsRight(t *testing.T) {
	check(t, fs.WalkDir(conformance.Policies(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := fs.ReadFile(conformance.Policies(), name)
		if err != nil {
			return err
		}
		_, err = ast.ParseModuleWithOpts(name, string(source), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if isV0 := err != nil; isV0 != slices.Contains(conformance.V0, name) {
			t.Errorf("%s: v0 is %t, the list says the opposite", name, isV0)
		}
		return nil
	}))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
