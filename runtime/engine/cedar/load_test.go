package cedar_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

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

func permit(action string) string {
	return fmt.Sprintf("permit(principal, action == Action::%q, resource);\n", action)
}

func TestLoadTakesCedarOnly(t *testing.T) {
	engine := load(t, map[string]string{
		"allow_trusted.cedar":       quickStart,
		"team/deep/Yes.CEDAR":       permit("kest/yes"),
		"two.cedar":                 permit("kest/one") + "// forbid\n" + permit("kest/two") + `@id("named")` + "\n" + permit("kest/one"),
		"none.cedar":                "// no policy\n",
		"people.entities.json":      `[{"uid":{"type":"Workload","id":"a"},"attrs":{},"parents":[]}]`,
		"entities.json":             `[{"uid":{"type":"Workload","id":"b"},"attrs":{},"parents":[]}]`,
		".hidden.cedar":             "no Cedar",
		"..2026_01_01/again.cedar":  quickStart,
		"README.md":                 "# Policies",
		"data.json":                 "{",
		"rego/p.rego":               "package p",
		"notentities.json":          "no JSON",
		"cedar/template.cedar.tmpl": "no Cedar",
	})
	want := []string{"kest/allow_trusted", "kest/one", "kest/two", "kest/yes"}
	if got := engine.Policies(); !slices.Equal(got, want) {
		t.Errorf("Policies() = %q, want %q", got, want)
	}
	engine.Policies()[0] = "changed"
	if engine.CheckPolicy("kest/allow_trusted") != nil || engine.Policies()[0] == "changed" {
		t.Error("Policies gives the engine's own list away")
	}
}

// TestNames: a policy is there when a scope names its action, or a group above
// it, and not when a statement is about all actions.
func TestNames(t *testing.T) {
	entities := func(list ...string) string {
		var text []string
		for _, e := range list {
			child, parent, _ := strings.Cut(e, "<")
			text = append(text, fmt.Sprintf(`{"uid":{"type":"Action","id":%q},"attrs":{},"parents":[{"type":"Action","id":%q}]}`, child, parent))
		}
		return "[" + strings.Join(text, ",") + "]"
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"==":           {map[string]string{"a.cedar": permit("a")}, []string{"a"}},
		"forbid":       {map[string]string{"a.cedar": `forbid(principal, action == Action::"a", resource);`}, []string{"a"}},
		"in":           {map[string]string{"a.cedar": `permit(principal, action in Action::"a", resource);`}, []string{"a"}},
		"in a list":    {map[string]string{"a.cedar": `permit(principal, action in [Action::"a", Action::"b"], resource);`}, []string{"a", "b"}},
		"all beside":   {map[string]string{"a.cedar": permit("a") + "permit(principal, action, resource);"}, []string{"a"}},
		"other type":   {map[string]string{"a.cedar": permit("a") + `permit(principal, action == Shop::Action::"b", resource);`}, []string{"a"}},
		"empty":        {map[string]string{"a.cedar": permit("a") + permit("")}, []string{"a"}},
		"in condition": {map[string]string{"a.cedar": permit("a") + `permit(principal, action, resource) when { action == Action::"b" };`}, []string{"a"}},
		"group": {map[string]string{
			"a.cedar":       `permit(principal, action in Action::"g", resource);`,
			"entities.json": entities("a<g", "b<a", "c<d"),
		}, []string{"a", "b", "g"}},
		"group, ==": {map[string]string{"a.cedar": permit("g"), "entities.json": entities("a<g")}, []string{"g"}},
		"group, list": {map[string]string{
			"a.cedar":       `permit(principal, action in [Action::"g", Action::"h"], resource);`,
			"entities.json": entities("a<g", "b<h", "h<i", "j<i"),
		}, []string{"a", "b", "g", "h"}},
		"groups in a circle": {map[string]string{
			"a.cedar":       `permit(principal, action in Action::"g", resource);`,
			"entities.json": entities("a<g", "g<h", "h<a", "x<y", "y<x"),
		}, []string{"a", "g", "h"}},
		"group of the schema": {map[string]string{
			"a.cedar": `permit(principal, action in Action::"g", resource);`,
			"a.cedarschema": `entity Workload, Resource; action g; action a in [g] appliesTo { principal: Workload, resource: Resource };
				action b appliesTo { principal: Workload, resource: Resource };`,
		}, []string{"a", "g"}},
		"group of the schema in JSON": {map[string]string{
			"a.cedar": `permit(principal, action in Action::"g", resource);`,
			"cedarschema.json": `{"": {"entityTypes": {"Workload": {}, "Resource": {}}, "actions": {
				"g": {}, "a": {"memberOf": [{"id": "g"}], "appliesTo": {"principalTypes": ["Workload"], "resourceTypes": ["Resource"]}}}}}`,
		}, []string{"a", "g"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := load(t, test.files).Policies(); !slices.Equal(got, test.want) {
				t.Errorf("Policies() = %q, want %q", got, test.want)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	many := map[string]string{}
	for i := range cedar.MaxFiles + 1 {
		many[fmt.Sprintf("%d.cedar", i)] = yes
	}
	entity := `{"uid":{"type":"Workload","id":"a"},"attrs":{},"parents":[]}`
	const schema = `entity Workload, Resource; action yes appliesTo { principal: Workload, resource: Resource, context: { "trust_score": Long } };`
	for name, test := range map[string]struct {
		files map[string]string
		want  []string // all in the error
	}{
		"nothing":           {map[string]string{"README.md": ""}, []string{"there is no policy in any .cedar file"}},
		"entities only":     {map[string]string{"entities.json": "[]"}, []string{"there is no policy in any .cedar file"}},
		"comments only":     {map[string]string{"a.cedar": "// permit\n"}, []string{"there is no policy in any .cedar file"}},
		"all actions":       {map[string]string{"a.cedar": "permit(principal, action, resource);"}, []string{"no policy has an action in its scope"}},
		"syntax":            {map[string]string{"p/a.cedar": "permit(principal,\n  actoin, resource);"}, []string{"p/a.cedar:2:9: this is no Cedar: ", "got actoin want action"}},
		"no semicolon":      {map[string]string{"a.cedar": strings.TrimSuffix(yes, ";\n")}, []string{"a.cedar:1:", "this is no Cedar"}},
		"template":          {map[string]string{"a.cedar": `permit(principal == ?principal, action == Action::"yes", resource);`}, []string{"a.cedar:1:", "this is no Cedar"}},
		"NUL":               {map[string]string{"a.cedar": yes + "\x00"}, []string{"a.cedar: this is no Cedar: invalid character NUL"}},
		"not UTF-8":         {map[string]string{"a.cedar": yes + "// \xff"}, []string{"a.cedar: the file is not valid UTF-8"}},
		"two files":         {map[string]string{"a.cedar": "permit", "b.cedar": "\nforbid"}, []string{"a.cedar:1:", "b.cedar:2:"}},
		"second id":         {map[string]string{"a.cedar": "@id(\"x\")\n" + yes + "\n@id(\"x\")\n" + yes}, []string{"a.cedar:4:1: there is a second policy a.cedar#x: give each its own @id"}},
		"id of a number":    {map[string]string{"a.cedar": "@id(\"2\")\n" + yes + yes}, []string{"a.cedar:3:1: there is a second policy a.cedar#2"}},
		"too deep":          {map[string]string{"a.cedar": yes + `permit(principal, action, resource) when { ` + strings.Repeat("(", 30_000)}, []string{"a.cedar:2:1: the policy has more than 20000 tokens"}},
		"policies in JSON":  {map[string]string{"a.cedar": yes, "b.cedar.json": "{}"}, []string{"b.cedar.json: policies in JSON are not read"}},
		"too many files":    {many, []string{"more than 2000 files"}},
		"too large":         {map[string]string{"large.cedar": yes + strings.Repeat("/", cedar.MaxFileSize)}, []string{"large.cedar has more than 1048576 bytes"}},
		"entities, syntax":  {map[string]string{"a.cedar": yes, "entities.json": "[\n  {]"}, []string{"entities.json:2:4: not valid JSON"}},
		"entities, twice":   {map[string]string{"a.cedar": yes, "entities.json": `[{"uid":1,"uid":1}]`}, []string{"entities.json:1:11: duplicate member"}},
		"entities, object":  {map[string]string{"a.cedar": yes, "entities.json": "{}"}, []string{"entities.json:1:1: the file is not a JSON array"}},
		"entities, null":    {map[string]string{"a.cedar": yes, "entities.json": "null"}, []string{"entities.json:1:1: the file is not a JSON array"}},
		"entities, empty":   {map[string]string{"a.cedar": yes, "entities.json": ""}, []string{"entities.json:1:1: not valid JSON"}},
		"no entity":         {map[string]string{"a.cedar": yes, "entities.json": "[" + entity + ",\n {\"uid\":1}]"}, []string{"entities.json:2:2: this is no entity"}},
		"entity with null":  {map[string]string{"a.cedar": yes, "entities.json": `[{"uid":{"type":"A","id":"a"},"attrs":{"x":null},"parents":[]}]`}, []string{"entities.json:1:2: this is no entity"}},
		"two entities":      {map[string]string{"a.cedar": yes, "a.entities.json": "[" + entity + "]", "b.entities.json": "[\n" + entity + "]"}, []string{`b.entities.json:2:1: there is a second entity Workload::"a": the first is in a.entities.json`}},
		"schema, syntax":    {map[string]string{"a.cedar": yes, "s.cedarschema": "entity\n 1;"}, []string{"s.cedarschema:2:2: this is no Cedar schema"}},
		"schema, not UTF-8": {map[string]string{"a.cedar": yes, "s.cedarschema": "\xff"}, []string{"s.cedarschema: the file is not valid UTF-8"}},
		"schema, too deep":  {map[string]string{"a.cedar": yes, "s.cedarschema": "type A = " + strings.Repeat("Set<", 10_000)}, []string{"s.cedarschema:1:1: the declaration has more than 20000 tokens"}},
		"schema, unknown":   {map[string]string{"a.cedar": yes, "s.cedarschema": "entity A in [B];"}, []string{"s.cedarschema: the schema does not hold together"}},
		"schema, JSON":      {map[string]string{"a.cedar": yes, "s.cedarschema.json": "{"}, []string{"s.cedarschema.json:1:2: not valid JSON"}},
		"schema, no schema": {map[string]string{"a.cedar": yes, "s.cedarschema.json": "[]"}, []string{"s.cedarschema.json: this is no Cedar schema"}},
		"two schemas":       {map[string]string{"a.cedar": yes, "a.cedarschema": schema, "b.cedarschema": "entity A;"}, []string{"b.cedarschema: there is a second schema beside a.cedarschema"}},
		"action of both": {map[string]string{"a.cedar": yes, "s.cedarschema": schema, "entities.json": `[{"uid":{"type":"Action","id":"yes"},"attrs":{},"parents":[]}]`},
			[]string{`entities.json: Action::"yes" is an entity here and an action in s.cedarschema: leave it to the schema`}},
		"entity, schema": {map[string]string{"a.cedar": yes, "s.cedarschema": schema, "entities.json": `[{"uid":{"type":"Workload","id":"a"},"attrs":{"x":1},"parents":[]}]`},
			[]string{`entities.json: Workload::"a" does not fit the schema s.cedarschema`}},
		"action, schema": {map[string]string{"a.cedar": yes + "\n" + permit("no"), "s.cedarschema": schema}, []string{"a.cedar:3:1: the policy does not fit the schema s.cedarschema: ", `Action::"no"`}},
		"misspelt member, schema": {map[string]string{"a.cedar": `permit(principal, action == Action::"yes", resource) when { context.trust_scor > 1 };`, "s.cedarschema": schema},
			[]string{"a.cedar:1:1: the policy does not fit the schema", "trust_scor"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cedar.Load(folder(test.files))
			checkError(t, err, kest.ErrConfig, test.want...)
		})
	}
	_, err := cedar.Load(nil)
	checkError(t, err, kest.ErrConfig, "no file system")
	_, err = cedar.Load(broken{folder(map[string]string{"a.cedar": yes})})
	checkError(t, err, kest.ErrConfig, "disk on fire")
}

// broken is a file system whose files cannot be read.
type broken struct{ fstest.MapFS }

func (b broken) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if name == "." || err != nil {
		return f, err
	}
	return brokenFile{f}, nil
}

type brokenFile struct{ fs.File }

func (brokenFile) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

// TestDeepPolicies: what is short enough to load neither ends the process when
// it is compiled nor when it is evaluated.
func TestDeepPolicies(t *testing.T) {
	for name, condition := range map[string]string{
		"(":   strings.Repeat("(", 9_000) + "true" + strings.Repeat(")", 9_000),
		"[":   strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + " == []",
		"!":   strings.Repeat("!", 19_000) + "true",
		"-":   strings.Repeat("-", 19_000) + "1 > 0",
		"&&":  strings.Repeat("true && ", 6_000) + "true",
		"+":   strings.Repeat("1 + ", 9_000) + "1 > 0",
		".":   "context" + strings.Repeat(".a", 128),
		`["`:  "context" + strings.Repeat(`["a"]`, 6_000),
		"has": "context has a" + strings.Repeat(".a", 128),
		"if":  strings.Repeat("if true then true else ", 3_000) + "true",
	} {
		t.Run(name, func(t *testing.T) {
			engine, err := cedar.Load(folder(map[string]string{"a.cedar": `permit(principal, action == Action::"deep", resource) when { ` + condition + " };"}))
			if err != nil {
				checkError(t, err, kest.ErrConfig, "a.cedar:1:")
				return
			}
			if _, err := engine.Evaluate(t.Context(), "deep", paymentInput()); err != nil && !errors.Is(err, kest.ErrPolicyMalformed) {
				t.Error(err)
			}
		})
	}
}

func TestMustLoadPanics(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("recovered %v, want an error that matches ErrConfig", err)
		}
	}()
	cedar.MustLoad(fstest.MapFS{})
}

func TestMustLoad(t *testing.T) {
	if got := cedar.MustLoad(folder(map[string]string{"a.cedar": yes})).Policies(); !slices.Equal(got, []string{"yes"}) {
		t.Errorf("Policies() = %q", got)
	}
}

// TestLoadDir has the layout of a mounted Kubernetes ConfigMap: the files are
// links through ..data into a directory whose name has the time.
func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "..2026_01_01"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "..2026_01_01", "yes.cedar"), []byte(yes), 0o644))
	must(t, os.Symlink("..2026_01_01", filepath.Join(dir, "..data")))
	must(t, os.Symlink(filepath.Join("..data", "yes.cedar"), filepath.Join(dir, "yes.cedar")))

	engine, err := cedar.LoadDir(dir)
	must(t, err)
	if engine.PolicyDigest() != load(t, map[string]string{"yes.cedar": yes}).PolicyDigest() {
		t.Error("the same policies from a directory and from a file system have two digests")
	}
	_, err = cedar.LoadDir(filepath.Join(dir, "yes.cedar"))
	checkError(t, err, kest.ErrConfig, "is a file")
	_, err = cedar.LoadDir(filepath.Join(dir, "absent"))
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
