package rego_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// quickStart is the policy of the public quick start, Rego v0, as it is.
const quickStart = `package kest.allow_trusted
default allow = false
allow { input.trust_score >= 40 }
`

const yes = "package kest.yes\n\nallow := true\n"

func TestLoadTakesPoliciesOnly(t *testing.T) {
	engine, err := rego.Load(fstest.MapFS{
		"allow_trusted.rego":       file(quickStart),
		"team/deep/yes.rego":       file(yes),
		"team/lib.rego":            file("package kest.lib\n\nlimit := 5\n"),
		"team/yes_test.rego":       file("this is no Rego"),
		".hidden.rego":             file("this is no Rego"),
		"..2026_01_01/again.rego":  file(quickStart),
		"README.md":                file("# Policies"),
		"data.json":                file("{}"),
		"head.rego":                file("package kest\n\nreferenced.allow := true\n"),
		"function.rego":            file("package kest.function\n\nallow(x) := x\n"),
		"quoted.rego":              file("package kest[\"a/b\"]\n\nallow := true\n"),
		"two/a.rego":               file("package kest.two\n\nimport rego.v1\n\nallow if input.trust_score > 90\n"),
		"two/b.rego":               file("package kest.two\n\nallow { input.is_root }\n"),
		"future/keywords_v0_.rego": file("package kest.future\n\nimport future.keywords\n\nallow if { input.trust_score > 90 }\n\nother { true }\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kest/allow_trusted", "kest/future", "kest/referenced", "kest/two", "kest/yes"}
	if got := engine.Policies(); !slices.Equal(got, want) {
		t.Errorf("Policies() = %q, want %q", got, want)
	}
}

func file(source string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(source)} }

func TestLoadErrors(t *testing.T) {
	many := fstest.MapFS{}
	for i := range rego.MaxModules + 1 {
		many[fmt.Sprintf("%d.rego", i)] = file(yes)
	}
	tests := []struct {
		name string
		fs   fstest.MapFS
		want []string // all in the error
	}{
		{"no module", fstest.MapFS{"README.md": file("")}, []string{"no .rego file"}},
		{"tests only", fstest.MapFS{"yes_test.rego": file(yes)}, []string{"no .rego file"}},
		{"no policy", fstest.MapFS{"lib.rego": file("package kest.lib\n\nlimit := 5\n")}, []string{"no package has a rule named allow"}},
		{"empty module", fstest.MapFS{"empty.rego": file("")}, []string{"empty.rego", "empty module"}},
		{"neither version", fstest.MapFS{"p/bad.rego": file("package kest.bad\n\nallow if {\n\tinput.x ==\n}\n")},
			[]string{"p/bad.rego is neither Rego v1 nor Rego v0: p/bad.rego:5:1: unexpected }"}},
		{"half of each version", fstest.MapFS{"p/half.rego": file("package kest.half\n\nallow if input.a\n\nallow { input.b }\n")},
			[]string{"p/half.rego is neither Rego v1 nor Rego v0", "as v1: p/half.rego:5:", "`if` keyword is required", "as v0: p/half.rego:3:"}},
		{"all bad modules at once", fstest.MapFS{"a.rego": file("package a\n\n}"), "b.rego": file("package b\n\n}")}, []string{"a.rego:3", "b.rego:3"}},
		{"unsafe variable", fstest.MapFS{"unsafe.rego": file("package kest.unsafe\n\nallow if x > 1\n")}, []string{"unsafe.rego:3", "var x is unsafe"}},
		{"type error", fstest.MapFS{"type.rego": file("package kest.type\n\nallow if count(1) > 0\n")}, []string{"type.rego:3", "invalid argument"}},
		{"recursion", fstest.MapFS{"loop.rego": file("package kest.loop\n\nallow if not allow\n")}, []string{"loop.rego:3", "recursive"}},
		{"unknown function", fstest.MapFS{"f.rego": file("package kest.f\n\nallow if shout(1)\n")}, []string{"f.rego:3", "undefined function shout"}},
		{"http.send", fstest.MapFS{"net.rego": file("package kest.net\n\nallow if http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"}).status_code == 200\n")},
			[]string{"net.rego:3", "undefined function http.send", `rego.WithBuiltin("http.send")`}},
		{"http.send, v0", fstest.MapFS{"net.rego": file("package kest.net\n\nallow { http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"}).status_code == 200 }\n")},
			[]string{"net.rego:3", `rego.WithBuiltin("http.send")`}},
		{"net.lookup_ip_addr", fstest.MapFS{"net.rego": file("package kest.net\n\nallow if count(net.lookup_ip_addr(\"localhost\")) > 0\n")},
			[]string{`rego.WithBuiltin("net.lookup_ip_addr")`}},
		{"opa.runtime", fstest.MapFS{"env.rego": file("package kest.env\n\nallow if opa.runtime().env.KEST_ENV == \"development\"\n")},
			[]string{`rego.WithBuiltin("opa.runtime")`}},
		{"module too large", fstest.MapFS{"large.rego": file(yes + strings.Repeat("#", rego.MaxModuleSize))}, []string{"large.rego", "more than 1048576 bytes"}},
		{"too many modules", many, []string{"more than 2000"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rego.Load(tt.fs)
			checkError(t, err, kest.ErrConfig, tt.want...)
			sources := map[string]string{}
			for name, f := range tt.fs {
				if strings.HasSuffix(name, ".rego") && !strings.HasSuffix(name, "_test.rego") {
					sources[name] = string(f.Data)
				}
			}
			if len(sources) > 0 {
				_, err := rego.New(sources)
				checkError(t, err, kest.ErrConfig, tt.want...)
			}
		})
	}
}

func checkError(t *testing.T, err, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v does not match %v", err, target)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}

func TestLoadNothing(t *testing.T) {
	_, err := rego.Load(nil)
	checkError(t, err, kest.ErrConfig, "no file system")
	_, err = rego.New(nil)
	checkError(t, err, kest.ErrConfig, "no module")
}

func TestWithBuiltin(t *testing.T) {
	modules := map[string]string{"env.rego": "package kest.env\n\nallow if opa.runtime() == {}\n"}
	engine, err := rego.New(modules, rego.WithBuiltin("opa.runtime"))
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := engine.Evaluate(t.Context(), "kest/env", paymentInput()); !ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
	_, err = rego.New(modules, rego.WithBuiltin("opa.runtim"))
	checkError(t, err, kest.ErrConfig, `"opa.runtim"`, "http.send, net.lookup_ip_addr, opa.runtime")
}

func TestMustLoadPanics(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("recovered %v, want an error that matches ErrConfig", err)
		}
	}()
	rego.MustLoad(fstest.MapFS{})
}

// TestLoadDir has the layout of a mounted Kubernetes ConfigMap: the files are
// links through ..data into a directory whose name has the time.
func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "..2026_01_01"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "..2026_01_01", "yes.rego"), []byte(yes), 0o644))
	must(t, os.Symlink("..2026_01_01", filepath.Join(dir, "..data")))
	must(t, os.Symlink(filepath.Join("..data", "yes.rego"), filepath.Join(dir, "yes.rego")))

	engine, err := rego.LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := rego.Load(fstest.MapFS{"yes.rego": file(yes)})
	if err != nil {
		t.Fatal(err)
	}
	if engine.PolicyDigest() != embedded.PolicyDigest() {
		t.Error("the same modules from a directory and from a file system have two digests")
	}

	_, err = rego.LoadDir(filepath.Join(dir, "yes.rego"))
	checkError(t, err, kest.ErrConfig, "is a file")
	_, err = rego.LoadDir(filepath.Join(dir, "absent"))
	checkError(t, err, kest.ErrConfig, "absent")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v does not match os.ErrNotExist", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
