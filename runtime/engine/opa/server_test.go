package opa_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/logging"
	"github.com/open-policy-agent/opa/v1/plugins"
	"github.com/open-policy-agent/opa/v1/server"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/kestgo/kest/runtime/engine/internal/conformance"
)

// startOPA runs OPA's own server on a free port of the loopback interface, with
// the policies of the conformance table, and returns its URL. It is what `opa
// run --server --bundle` runs, without the command line around it.
func startOPA(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	manager, err := plugins.New(nil, "kest-test", inmem.New(),
		plugins.InitBundles(map[string]*bundle.Bundle{"policies": policyBundle(t)}),
		plugins.Logger(logging.NewNoOpLogger()))
	check(t, err)
	check(t, manager.Init(ctx))
	check(t, manager.Start(ctx))
	t.Cleanup(func() { manager.Stop(ctx) })

	opa, err := server.New().
		WithStore(manager.Store).
		WithManager(manager).
		Init(ctx)
	check(t, err)
	// OPA's listener says where it listens only some time after it was started;
	// ours is there at once, and serves all of OPA's own handler.
	listener := httptest.NewServer(opa.Handler)
	t.Cleanup(listener.Close)
	return listener.URL
}

// policyBundle is the policies with a manifest that says which modules are v0,
// the one way to have OPA's server take both.
func policyBundle(t testing.TB) *bundle.Bundle {
	t.Helper()
	dir := t.TempDir()
	check(t, os.CopyFS(dir, conformance.Policies()))
	v0 := map[string]int{}
	for _, name := range conformance.V0 {
		v0["/"+name] = 0
	}
	manifest, err := json.Marshal(map[string]any{"rego_version": 1, "file_rego_versions": v0})
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, ".manifest"), manifest, 0o600))
	b, err := loader.NewFileLoader().AsBundle(dir)
	check(t, err)
	return b
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
