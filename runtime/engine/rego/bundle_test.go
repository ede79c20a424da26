package rego_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// limited is a policy that reads a table.
const limited = "package shop.limited\n\nallow if input.object.attributes.amount <= data.limits[input.subject.user].amount\n"

// opaBundle is a bundle as OPA writes it.
func opaBundle(t testing.TB, b bundle.Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := bundle.NewWriter(&out).UseModulePath(true).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// built is what opa build makes of some modules and data.
func built(t testing.TB, modules map[string]string, data map[string]any) bundle.Bundle {
	t.Helper()
	b := bundle.Bundle{Data: data}
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		b.Modules = append(b.Modules, bundle.ModuleFile{
			Path: path, URL: path, Raw: []byte(modules[path]), Parsed: ast.MustParseModule(modules[path]),
		})
	}
	b.Manifest.Init()
	b.Manifest.Revision = "42"
	return b
}

func amounts() map[string]any {
	return map[string]any{"limits": map[string]any{"alice": map[string]any{"amount": 20}}}
}

func writeBundle(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bundle.tar.gz")
	must(t, os.WriteFile(path, content, 0o644))
	return path
}

// TestBundleOfOPA: what OPA's own writer makes, from a file and from a reader.
func TestBundleOfOPA(t *testing.T) {
	content := opaBundle(t, built(t, map[string]string{"/shop/limited.rego": limited}, amounts()))
	fromFile, err := rego.LoadBundle(writeBundle(t, content))
	if err != nil {
		t.Fatal(err)
	}
	fromReader, err := rego.ReadBundle(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if fromFile.PolicyDigest() != fromReader.PolicyDigest() {
		t.Error("one bundle has two digests")
	}
	for _, engine := range []*rego.Engine{fromFile, fromReader} {
		if got := engine.Policies(); !slices.Equal(got, []string{"shop/limited"}) {
			t.Errorf("Policies() = %q", got)
		}
		expect(t, engine, "shop/limited", `{"amount":20}`, true)
		expect(t, engine, "shop/limited", `{"amount":21}`, false)
	}
}

// expect evaluates for alice with these attributes.
func expect(t *testing.T, engine *rego.Engine, policy, attributes string, want bool) {
	t.Helper()
	input := conformance.Input()
	input.Attributes = []byte(attributes)
	if got, err := engine.Evaluate(t.Context(), policy, input); err != nil || got != want {
		t.Errorf("%s with %s: got %t, %v, want %t", policy, attributes, got, err, want)
	}
}

// TestBundleConformance: the same policies as a bundle decide the same.
func TestBundleConformance(t *testing.T) {
	var entries []entry
	policies := conformance.Policies()
	for _, path := range []string{"/", "./", ""} { // three ways to write a path
		entries = nil
		for name, text := range modulesOf(t) {
			entries = append(entries, entry{name: path + name, text: text})
		}
		engine, err := rego.ReadBundle(bytes.NewReader(tarGz(t, entries)))
		if err != nil {
			t.Fatal(err)
		}
		folder, err := rego.Load(policies)
		if err != nil {
			t.Fatal(err)
		}
		if engine.PolicyDigest() != folder.PolicyDigest() {
			t.Error("a bundle without a manifest has another digest than its folder")
		}
		conformance.Run(t, engine)
	}
}

// modulesOf are the modules of the conformance table.
func modulesOf(t *testing.T) map[string]string {
	t.Helper()
	modules := map[string]string{}
	policies := conformance.Policies()
	for _, pattern := range []string{"*.rego", "*/*.rego"} {
		for _, name := range glob(t, policies, pattern) {
			modules[name] = readFile(t, policies, name)
		}
	}
	return modules
}

func glob(t testing.TB, fsys fs.FS, pattern string) []string {
	t.Helper()
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func readFile(t testing.TB, fsys fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBundleRegoVersion: what the manifest says counts, for all modules and for
// one; a module of which it says nothing may be of either version.
func TestBundleRegoVersion(t *testing.T) {
	const v0, v1 = "package a\nallow { input.trust_score > 1 }\n", "package a\nallow if input.trust_score > 1\n"
	for name, test := range map[string]struct {
		manifest string
		module   string
		want     string // in the error; "" for none
	}{
		"nothing, v0":               {`{}`, v0, ""},
		"nothing, v1":               {`{}`, v1, ""},
		"0, v0":                     {`{"rego_version": 0}`, v0, ""},
		"0, v1":                     {`{"rego_version": 0}`, v1, "a.rego is not Rego v0, which it is by the manifest"},
		"1, v0":                     {`{"rego_version": 1}`, v0, "a.rego is not Rego v1, which it is by the manifest"},
		"1, v1":                     {`{"rego_version": 1}`, v1, ""},
		"1 and 0 for the file, v0":  {`{"rego_version": 1, "file_rego_versions": {"/*.rego": 0}}`, v0, ""},
		"1 and 0 for the file, v1":  {`{"rego_version": 1, "file_rego_versions": {"/a.rego": 0}}`, v1, "not Rego v0"},
		"1 and 0 for another file":  {`{"rego_version": 1, "file_rego_versions": {"/b.rego": 0}}`, v0, "not Rego v1"},
		"0 and 1 for the file, v1":  {`{"rego_version": 0, "file_rego_versions": {"/a.rego": 1}}`, v1, ""},
		"unknown version":           {`{"rego_version": 7}`, v1, "unknown rego-version 7"},
		"unknown version of a file": {`{"file_rego_versions": {"/a.rego": 7}}`, v1, "rego-version 7"},
		"a bad pattern":             {`{"file_rego_versions": {"/[": 1}}`, v1, "pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			engine, err := rego.ReadBundle(bytes.NewReader(tarGz(t, files("/.manifest", test.manifest, "/a.rego", test.module))))
			if test.want != "" {
				checkError(t, err, kest.ErrConfig, test.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			expect(t, engine, "a", `{}`, true)
		})
	}
}

// TestBundleProtoManifest: OPA writes the manifest as protocol buffers, too.
func TestBundleProtoManifest(t *testing.T) {
	b := built(t, map[string]string{"/shop/limited.rego": limited}, amounts())
	b.Manifest.Roots = &[]string{"shop"}
	b.SetManifestProto(true)
	_, err := rego.ReadBundle(bytes.NewReader(opaBundle(t, b)))
	checkError(t, err, kest.ErrConfig, "manifest roots [shop] do not permit data at path '/limits'")

	b.Manifest.Roots = &[]string{"shop", "limits"}
	engine, err := rego.ReadBundle(bytes.NewReader(opaBundle(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, engine, "shop/limited", `{"amount":20}`, true)
}

// TestBundleTakesWhatAServerTakes: tests are modules like others, and files that
// are neither policies nor data do not matter.
func TestBundleTakesWhatAServerTakes(t *testing.T) {
	engine, err := rego.ReadBundle(bytes.NewReader(tarGz(t, append(files(
		"README.md", "# Policies", "schema.json", "{", "a/yes.rego", yes, "a/yes_test.rego", "package kest.yes_test\n\nallow := true\n",
		".signatures.json", "anything, since nobody asked for a signature",
	), entry{name: "./", typ: tar.TypeDir}, entry{name: "a/", typ: tar.TypeDir}))))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := engine.Policies(), []string{"kest/yes", "kest/yes_test"}; !slices.Equal(got, want) {
		t.Errorf("Policies() = %q, want %q", got, want)
	}
}

func TestBundleThatCannotBeRead(t *testing.T) {
	_, err := rego.LoadBundle(t.TempDir())
	checkError(t, err, kest.ErrConfig, "is a directory: use LoadDir")
	_, err = rego.LoadBundle(filepath.Join(t.TempDir(), "absent.tar.gz"))
	checkError(t, err, kest.ErrConfig, "absent.tar.gz")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v does not match os.ErrNotExist", err)
	}
	_, err = rego.ReadBundle(nil)
	checkError(t, err, kest.ErrConfig, "there is no reader")
	_, err = rego.ReadBundle(io.MultiReader(bytes.NewReader(tarGz(t, files("a.rego", yes))[:20]), failing{}))
	checkError(t, err, kest.ErrConfig, "the disk broke")
	_, err = rego.ReadBundle(bytes.NewReader(tarGz(t, files("a.rego", yes))), rego.WithTimeout(0))
	checkError(t, err, kest.ErrConfig, "WithTimeout(0s)")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk broke") }
