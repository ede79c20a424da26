package rego_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	opa "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestDataIsWhereItsDirectoryIs, in a folder and in a bundle alike.
func TestDataIsWhereItsDirectoryIs(t *testing.T) {
	list := files(
		"a.rego", "package a\n\nallow if [data.top, data.more, data.yes, data[\"x y\"]] == "+`[1, [1, 2.50, "é"], "no", {"b": {"n": null, "d": "2026-01-01"}, "c": true}]`+"\n",
		"data.json", ` {"top": 1, "x y": {"c": true}}`,
		"data.yaml", "more: [1, 2.50, é]\n'yes': no\n",
		"x y/b/data.yml", "n: ~\nd: 2026-01-01\n",
		"x y/other.json", `{"ignored": true}`,
		"x y/values.yaml", "ignored: true",
	)
	fsys := fstest.MapFS{".hidden/data.json": file("{"), "..2026/data.json": file("{")}
	for _, e := range list {
		fsys[e.name] = file(e.text)
	}
	folder, err := rego.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := rego.ReadBundle(bytes.NewReader(tarGz(t, list)))
	if err != nil {
		t.Fatal(err)
	}
	for name, engine := range map[string]*rego.Engine{"folder": folder, "bundle": archive} {
		// YAML 1.1 would read no as false; OPA reads 1.2.
		if got, err := engine.Evaluate(t.Context(), "a", conformance.Input()); !got || err != nil {
			t.Errorf("%s: got %t, %v", name, got, err)
		}
	}
}

// TestDataIsWhatOPASees asks OPA's own evaluator and store about every kind of
// reference into data.
func TestDataIsWhatOPASees(t *testing.T) {
	const document = `{"list": [10, {"k": "v"}, []], "table": {"alice": {"limit": 5}, "1": "one"}, "empty": {}, "system": {"s": 1}, "n": 1e2, "z": null}`
	var value map[string]any
	must(t, util.UnmarshalJSON([]byte(document), &value))
	for _, expr := range []string{
		"data.n == 100", "data.z == null", "data.nothing == null", "not data.nothing", "data.empty == {}", "data.empty.x",
		"data.list[0] == 10", `data.list["0"] == 10`, `data.list["00"] == 10`, "data.list[-1]", "data.list[3]", "data.list[1].k == \"v\"", "data.list[0].x",
		"data.list[1.0].k", "count(data.list) == 3", "some i; data.list[i] == 10", "some x in data.list[2]", "data.list[_].k == \"v\"",
		"data.table[input.subject.user].limit == 5", "data.table[input.subject.task].limit == 5", "data.table[1] == \"one\"", `data.table["1"] == "one"`,
		"some who; data.table[who].limit == 5", "data.table[{}]", "data.table[null]", "data.list[true]", "data.n.x", "data.n[0]",
		"data.list[\"+1\"]", "data.list[\"1.0\"]", "data.list[\"\"]", "data.system.s == 1", "data.system",
		"data.table.alice.limit == 6 with data.table.alice.limit as 6", "data.table.alice == {\"limit\": 6} with data.table.alice as {\"limit\": 6}",
		"walk(data.table, [[\"alice\", \"limit\"], 5])", "{x | x := data.list[_]} == {10, {\"k\": \"v\"}, []}",
	} {
		module := "package policy\n\ndefault allow := false\n\nallow if { " + expr + " }\n"
		engine, err := rego.Load(fstest.MapFS{"a.rego": file(module), "data.json": file(document)})
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		got, err := engine.Evaluate(t.Context(), "policy", conformance.Input())
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		text, err := conformance.Input().AppendJSON(nil)
		must(t, err)
		input, err := ast.ValueFromReader(bytes.NewReader(text))
		must(t, err)
		result, err := opa.New(opa.Query("data.policy.allow"), opa.Module("a.rego", module),
			opa.Store(inmem.NewFromObject(value)), opa.ParsedInput(input), opa.StrictBuiltinErrors(true)).Eval(t.Context())
		must(t, err)
		if want := result.Allowed(); got != want {
			t.Errorf("%s: got %t, OPA says %t", expr, got, want)
		}
	}
}

// TestNFSECDataIsNoPolicy: a policy is a rule. Whoever may write a table must not
// be able to allow what no rule allows.
func TestNFSECDataIsNoPolicy(t *testing.T) {
	const data = `{"kest": {"x": {"allow": true}}}`
	for name, fsys := range map[string]fstest.MapFS{
		"no package":             {"yes.rego": file(yes), "data.json": file(data)},
		"at its own path":        {"yes.rego": file(yes), "kest/x/data.json": file(`{"allow": true}`)},
		"as a value":             {"yes.rego": file(yes), "kest/x/allow/data.json": file("true")},
		"package without allow":  {"yes.rego": file(yes), "x.rego": file("package kest.x\n\ndeny := true\n"), "data.json": file(data)},
		"package of a function":  {"yes.rego": file(yes), "x.rego": file("package kest.x\n\nhelp(y) := y\n"), "data.json": file(data)},
		"package with subpolicy": {"yes.rego": file(yes), "x.rego": file("package kest.x.y\n\nallow := true\n"), "data.json": file(data)},
	} {
		engine, err := rego.Load(fsys)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		allowed, err := engine.Evaluate(t.Context(), "kest/x", conformance.Input())
		if allowed {
			t.Errorf("%s: data allows", name)
		}
		checkError(t, err, kest.ErrPolicyUnknown)
	}
	for name, fsys := range map[string]fstest.MapFS{
		"the rule's place":       {"x.rego": file("package kest.x\n\nallow if input.trust_score > 99\n"), "data.json": file(data)},
		"with a default":         {"x.rego": file("package kest.x\n\ndefault allow := false\n"), "data.json": file(data)},
		"v0":                     {"x.rego": file("package kest.x\n\nallow { input.trust_score > 99 }\n"), "data.json": file(data)},
		"false data":             {"x.rego": file("package kest.x\n\nallow := true\n"), "data.json": file(`{"kest": {"x": {"allow": false}}}`)},
		"below the rule":         {"x.rego": file("package kest.x\n\nallow := true\n"), "kest/x/allow/more/data.json": file("1")},
		"above the rule":         {"x.rego": file("package kest.x\n\nallow := true\n"), "kest/data.json": file(`{"x": true}`)},
		"far above the rule":     {"x.rego": file("package kest.x\n\nallow := true\n"), "data.json": file(`{"kest": []}`)},
		"a rule it depends on":   {"x.rego": file("package kest.x\n\nallow if trusted\n\ntrusted if input.trust_score > 99\n"), "data.json": file(`{"kest": {"x": {"trusted": true}}}`)},
		"a rule that is partial": {"x.rego": file("package kest.x\n\nallow if not deny[\"a\"]\n\ndeny contains \"a\" if input.is_root\n"), "data.json": file(`{"kest": {"x": {"deny": {}}}}`)},
		"a rule with a variable": {"x.rego": file("package kest\n\nx[k].allow if k := \"y\"\n\nallow := true\n"), "data.json": file(data)},
	} {
		_, err := rego.Load(fsys)
		if err == nil || !strings.Contains(err.Error(), "x.rego:3") && !strings.Contains(err.Error(), "x.rego:5") {
			t.Errorf("%s: error = %v, want one at the rule", name, err)
			continue
		}
		checkError(t, err, kest.ErrConfig, "conflicting rule for data path")
	}
}

// TestDataBesideRules: a table may be in the package of the policy that reads it.
func TestDataBesideRules(t *testing.T) {
	engine, err := rego.Load(fstest.MapFS{
		"x.rego":           file("package shop.x\n\nallow if input.trust_score > data.shop.x.threshold\n"),
		"shop/x/data.json": file(`{"threshold": 60}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	input := conformance.Input()
	for trust, want := range map[int]bool{60: false, 61: true} {
		input.TrustScore = trust
		if got, err := engine.Evaluate(t.Context(), "shop/x", input); err != nil || got != want {
			t.Errorf("trust %d: got %t, %v", trust, got, err)
		}
	}
}

func TestDataRefusals(t *testing.T) {
	deep := func(open, close string) string {
		return strings.Repeat(open, 65) + "1" + strings.Repeat(close, 65)
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for name, test := range map[string]struct{ path, text, want string }{
		"no JSON":                  {"x/data.json", `{"a":`, "x/data.json: not valid JSON"},
		"nothing":                  {"x/data.json", ``, "x/data.json: not valid JSON"},
		"YAML as JSON":             {"x/data.json", `a: 1`, "x/data.json: not valid JSON"},
		"two values":               {"x/data.json", `{} {}`, "x/data.json: not valid JSON"},
		"byte order mark":          {"x/data.json", "\ufeff{}", "x/data.json: not valid JSON"},
		"a member twice":           {"x/data.json", `{"a":1,"b":{"c":1,"\u0063":2}}`, "x/data.json: duplicate member"},
		"not UTF-8":                {"x/data.json", "{\"a\":\"\xff\"}", "x/data.json: invalid UTF-8"},
		"lone surrogate":           {"x/data.json", `"\ud800"`, "x/data.json: lone surrogate"},
		"number out of range":      {"x/data.json", `{"a":1e999999999}`, "range of a double"},
		"deep":                     {"x/data.json", deep("[", "]"), "x/data.json: nested too deep"},
		"root no object":           {"data.json", `[1]`, "data.json"},
		"root no object, YAML":     {"data.yml", `- 1`, "data.yml"},
		"no YAML":                  {"x/data.yaml", "a: [", "x/data.yaml: yaml: "},
		"empty YAML":               {"x/data.yaml", "", "x/data.yaml: it has no YAML document"},
		"comment":                  {"x/data.yaml", "# nothing\n", "x/data.yaml: it has no YAML document"},
		"two YAML documents":       {"x/data.yaml", "a: 1\n---\na: 2\n", "x/data.yaml: it has more than one YAML document"},
		"second is broken":         {"x/data.yaml", "a: 1\n---\n[", "x/data.yaml: it has more than one YAML document"},
		"YAML byte order mark":     {"x/data.yaml", "\ufeff" + `{"a":1,"a":2}`, "byte order mark"},
		"YAML bomb":                {"x/data.yaml", bomb, "line 1: anchors and aliases are not allowed"},
		"YAML alias":               {"x/data.yaml", "a: *b\n", "x/data.yaml: "},
		"YAML anchor":              {"x/data.yaml", "a:\n  - &b 1\n", "line 2: anchors and aliases"},
		"YAML anchor on a key":     {"x/data.yaml", "&b a: 1\n", "line 1: anchors and aliases"},
		"YAML merge":               {"x/data.yaml", "a: {<<: {b: 1}}\n", "line 1: a key must be a string"},
		"YAML key twice":           {"x/data.yaml", "a: 1\n'a': 2\n", "line 2: duplicate member"},
		"YAML number as key":       {"x/data.yaml", "1: a\n'1': b\n", "line 1: a key must be a string"},
		"YAML list as key":         {"x/data.yaml", "? [a]\n: b\n", "line 1: a key must be a string"},
		"YAML deep":                {"x/data.yaml", deep("[", "]") + " # no JSON", "nested too deep"},
		"YAML that is JSON, twice": {"x/data.yaml", `{"a":1,"a":2}`, "duplicate member"},
		"YAML that is JSON, range": {"x/data.yaml", `{"a":1e999999999}`, "range of a double"},
		"YAML infinity":            {"x/data.yaml", "a: .inf\n", "x/data.yaml"},
		"YAML binary":              {"x/data.yaml", "a: !!binary aGk=\n", "line 1: the tag !!binary is not allowed"},
		"YAML set":                 {"x/data.yaml", "a: !!set {b}\n", "line 1: the tag !!set is not allowed"},
		"YAML of its own":          {"x/data.yaml", "a: !secret b\n", "line 1: the tag !secret is not allowed"},
		"YAML too large":           {"x/data.yaml", "# " + strings.Repeat("x", rego.MaxModuleSize) + "\n{}", "more than 1048576 bytes: write it as JSON"},
		"too large":                {"x/data.json", `"` + strings.Repeat("x", rego.MaxDataSize) + `"`, "more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rego.Load(fstest.MapFS{"a.rego": file(yes), test.path: file(test.text)})
			checkError(t, err, kest.ErrConfig, test.want)
			_, err = rego.ReadBundle(bytes.NewReader(tarGz(t, files("a.rego", yes, test.path, test.text))))
			checkError(t, err, kest.ErrConfig, test.want)
		})
	}
}

// TestDataThatOverlaps: two documents have no value in common, not even an equal
// one, and all that is wrong is said at once.
func TestDataThatOverlaps(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"equal values":     {"a/data.json": file(`{"b":1}`), "a/b/data.json": file(`1`)},
		"value and object": {"a/data.json": file(`{"b":1}`), "a/b/data.json": file(`{"c":1}`)},
		"JSON and YAML":    {"a/data.json": file(`{"b":1}`), "a/data.yaml": file(`b: 2`)},
	} {
		fsys["yes.rego"] = file(yes)
		_, err := rego.Load(fsys)
		if err == nil || !strings.Contains(err.Error(), "failed to insert data file") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	_, err := rego.Load(fstest.MapFS{"yes.rego": file(yes), "a/data.json": file("{"), "b/data.yaml": file("- [")})
	checkError(t, err, kest.ErrConfig, "a/data.json: ", "b/data.yaml: ")
}

func TestTooManyDocuments(t *testing.T) {
	fsys := fstest.MapFS{"yes.rego": file(yes)}
	for i := range rego.MaxModules + 1 {
		fsys[fmt.Sprintf("d%d/data.json", i)] = file("1")
	}
	_, err := rego.Load(fsys)
	checkError(t, err, kest.ErrConfig, "more than 2000 .rego or data files")
}

// TestConcurrentData has the race detector look at documents that all evaluations
// share.
func TestConcurrentData(t *testing.T) {
	engine, err := rego.Load(fstest.MapFS{
		"a.rego":    file("package a\n\nallow if {\n\tdata.d.list[_] == input.subject.user\n\tcount(data.d) == 2\n\tsprintf(\"%v\", [data.d.table]) != \"\"\n\tdata.d.table[input.subject.user] == 1\n}\n"),
		"data.json": file(`{"d": {"list": ["z", "b", "alice"], "table": {"z": 3, "y": 2, "alice": 1}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				if ok, err := engine.Evaluate(t.Context(), "a", conformance.Input()); !ok || err != nil {
					t.Errorf("got %t, %v", ok, err)
				}
			}
		})
	}
	wg.Wait()
}
