package rego_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

func moduleFS(modules map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range modules {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// TestInspectModules: a policy is decided by its package and by what that refers
// to, by import, by a full name, or by all of a tree.
func TestInspectModules(t *testing.T) {
	in, err := rego.Inspect(moduleFS(map[string]string{
		"a.rego":      "package a\n\nimport data.lib.one\n\nallow if one.good\n",
		"a2.rego":     "package a\n\nmore := data.lib[\"two-b\"].good\n",
		"b.rego":      "package b\n\nallow if data.lib[_].good\n",
		"c.rego":      "package c\n\nallow := true\n",
		"one.rego":    "package lib.one\n\ngood if data.deep.good\n",
		"two.rego":    "package lib[\"two-b\"]\n\ngood := true\n",
		"deep.rego":   "package deep\n\ngood := true\n",
		"libx.rego":   "package libx\n\ngood := true\n",
		"nope.rego":   "package d\n\nallow(x) := x\n",
		"a_test.rego": "package a\n\n{",
	}))
	if err != nil || len(in.Problems) > 0 {
		t.Fatal(err, in)
	}
	if got := in.Policies(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("policies = %q", got)
	}
	for policy, want := range map[string]string{
		"a": "a.rego a2.rego deep.rego one.rego two.rego",
		"b": "b.rego deep.rego one.rego two.rego",
		"c": "c.rego",
		"d": "",
	} {
		if got := strings.Join(in.Modules(policy), " "); got != want {
			t.Errorf("modules of %s = %s, want %s", policy, got, want)
		}
	}
	if !in.HasPackage("d") || in.HasPackage("lib") {
		t.Error("d is a package, and lib is none")
	}
}

// TestInspectAgreesWithLoad: what has no problems loads, and what has some does
// not.
func TestInspectAgreesWithLoad(t *testing.T) {
	for _, text := range []string{
		"package a\nallow if input.trust_score > 1",
		"package a\nallow { input.trust_score > 1 }",
		"package a\nallow if input.trust > 1",
		"package a\nallow if x > 1",
		"package a\nallow {{",
		"package a\nallow if allow",
		"package a\nallow if opa.runtime().env.A",
		"nothing",
		"package a\nallow := true\nallow(x) := x",
		"package a\nallow if { every x in input.subject.taints { x.y } }",
	} {
		fsys := moduleFS(map[string]string{"dir/a.rego": text})
		_, loadErr := rego.Load(fsys, rego.WithTypeCheck())
		in, err := rego.Inspect(fsys, rego.WithTypeCheck())
		if err != nil {
			t.Fatal(err)
		}
		if (loadErr != nil) != (len(in.Problems) > 0) {
			t.Errorf("%q: Load says %v, Inspect says %+v", text, loadErr, in.Problems)
		}
		for _, p := range in.Problems {
			if p.Path != "dir/a.rego" || p.Line < 1 || p.Column < 1 || p.Message == "" || p.Kind == "" {
				t.Errorf("%q: problem %+v", text, p)
			}
		}
	}
}

// TestInspectFindsAll: more mistakes than OPA stops at.
func TestInspectFindsAll(t *testing.T) {
	text := "package a\n\nallow := true\n" + strings.Repeat("\nr if input.nothing\n", 30)
	in, err := rego.Inspect(moduleFS(map[string]string{"a.rego": text}), rego.WithTypeCheck())
	if err != nil || len(in.Problems) != 30 {
		t.Errorf("%d problems, want 30; %v", len(in.Problems), err)
	}
}

func TestInspectRefuses(t *testing.T) {
	for name, inspect := range map[string]func() (*rego.Inspection, error){
		"no module":        func() (*rego.Inspection, error) { return rego.Inspect(fstest.MapFS{}) },
		"no file system":   func() (*rego.Inspection, error) { return rego.Inspect(nil) },
		"unknown function": func() (*rego.Inspection, error) { return rego.Inspect(moduleFS(nil), rego.WithBuiltin("x")) },
	} {
		if _, err := inspect(); !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

// TestInspectData: documents that Load refuses are problems at their place, and one
// in the place of a rule is a problem at the rule.
func TestInspectData(t *testing.T) {
	for name, test := range map[string]struct {
		data map[string]string
		path string
		line int
		want string
	}{
		"fine":                  {data: map[string]string{"data.json": `{"b":1}`}},
		"no JSON":               {map[string]string{"x/data.json": "{"}, "x/data.json", 1, "not valid JSON"},
		"no YAML":               {map[string]string{"x/data.yaml": "a: &b 1"}, "x/data.yaml", 1, "anchors and aliases"},
		"overlap":               {map[string]string{"x/data.json": `{"y":1}`, "x/y/data.json": `2`}, "x/data.json", 1, "failed to insert data file"},
		"the place of a rule":   {map[string]string{"data.json": `{"a":{"allow":true}}`}, "a.rego", 3, "conflicting rule for data path a/allow"},
		"above the place of it": {map[string]string{"data.json": `{"a":1}`}, "a.rego", 3, "conflicting rule for data path a/allow"},
	} {
		fsys := fstest.MapFS{"a.rego": file("package a\n\nallow if input.is_root\n")}
		for path, text := range test.data {
			fsys[path] = file(text)
		}
		in, err := rego.Inspect(fsys)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, loadErr := rego.Load(fsys)
		if (loadErr != nil) != (len(in.Problems) > 0) || (test.want != "") != (len(in.Problems) > 0) {
			t.Errorf("%s: Load says %v, Inspect says %+v", name, loadErr, in.Problems)
			continue
		}
		for _, p := range in.Problems {
			if p.Path != test.path || p.Line != test.line || !strings.Contains(p.Message, test.want) || p.Kind == "" {
				t.Errorf("%s: problem %+v, want %q at %s:%d", name, p, test.want, test.path, test.line)
			}
		}
	}
}
