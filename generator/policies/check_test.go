package policies_test

import (
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kestgo/kest/generator/policies"
	"github.com/kestgo/kest/runtime/engine/rego"
)

const trusted = "package kest.trusted\n\nimport data.kest.lib\n\ndefault allow = false\n\nallow { lib.good }\n"

func use(policy string, line int) policies.Use {
	return policies.Use{Policy: policy, Pos: token.Position{Filename: "a.go", Line: line, Column: 24}, By: "f" + string(rune('0'+line))}
}

// TestCheck: policies are there, compile, have a rule allow, and read of the
// input what is in it.
func TestCheck(t *testing.T) {
	library := "package kest.lib\n\ngood if input.trust_score >= 40\n"
	for name, test := range map[string]struct {
		files map[string]string
		uses  []policies.Use
		want  []string
	}{
		"fine": {
			files: map[string]string{"trusted.rego": trusted, "sub/lib.rego": library},
			uses:  []policies.Use{use("kest/trusted", 1)},
		},
		"unknown policy": {
			files: map[string]string{"trusted.rego": trusted, "sub/lib.rego": library},
			uses:  []policies.Use{use("kest/trusted", 1), use("kest/trustd", 2), use("something/else", 3)},
			want: []string{
				`a.go:2:24: there is no policy "kest/trustd" in DIR`, `	hint: did you mean "kest/trusted"?`,
				`a.go:3:24: there is no policy "something/else" in DIR`, `	hint: the only policy is "kest/trusted"`,
			},
		},
		"no rule allow": {
			files: map[string]string{"trusted.rego": trusted, "lib.rego": library},
			uses:  []policies.Use{use("kest/lib", 1)},
			want:  []string{`a.go:1:24: the package of the policy "kest/lib" has no rule allow`, "	hint: add `allow if …` to it, or name another policy"},
		},
		"misspelt member in v0": {
			files: map[string]string{"a.rego": "package a\n\nallow {\n\tinput.subject.trust_scor >= 40\n}\n"},
			uses:  []policies.Use{use("a", 1)},
			want: []string{
				"DIR/a.rego:4:16: undefined ref: input.subject.trust_scor",
				"	hint: did you mean trust_score? Used at a.go:1:24 (f1)",
			},
		},
		"misspelt member in v1, through a variable": {
			files: map[string]string{"a.rego": "package a\n\nallow if {\n\tsome s in [input.subject]\n\te := input.environment\n\te.policytier == \"function\"\n}\n"},
			uses:  []policies.Use{use("a", 1), use("a", 2), use("a", 3), use("a", 4), use("a", 5)},
			want: []string{
				"DIR/a.rego:6:4: undefined ref: e.policytier",
				"	hint: did you mean policy_tier? Used at a.go:1:24 (f1), a.go:2:24 (f2), a.go:3:24 (f3) and 2 more places",
			},
		},
		"misspelt member in an imported package": {
			files: map[string]string{"trusted.rego": trusted, "lib.rego": "package kest.lib\n\ngood if input.trust > 40\n", "other.rego": "package other\n\nallow := true\n"},
			uses:  []policies.Use{use("other", 1), use("kest/trusted", 2)},
			want: []string{
				"DIR/lib.rego:3:15: undefined ref: input.trust",
				"	hint: there are environment, identity, object, subject, trust_score; used at a.go:2:24 (f2)",
			},
		},
		"attributes are open": {
			files: map[string]string{"a.rego": "package a\n\nallow if input.object.attributes.order.amount < 10\n"},
			uses:  []policies.Use{use("a", 1)},
		},
		"null is allowed where it can be": {
			files: map[string]string{"a.rego": "package a\n\nallow if {\n\tinput.subject.user == null\n\tinput.subject.agent == null\n\tinput.subject.task == null\n\tinput.object.id == null\n}\n"},
			uses:  []policies.Use{use("a", 1)},
		},
		"null where it cannot be": {
			files: map[string]string{"a.rego": "package a\n\nallow if input.identity == null\n"},
			uses:  []policies.Use{use("a", 1)},
			want:  []string{"DIR/a.rego:3:10: match error: string on the left, null on the right", "	hint: used at a.go:1:24 (f1)"},
		},
		"wrong type": {
			files: map[string]string{"a.rego": "package a\n\nallow if input.trust_score == \"40\"\n"},
			want:  []string{"DIR/a.rego:3:10: match error: number on the left, string on the right", "	hint: no directive and no tier uses it, but it is loaded with the others"},
		},
		"syntax": {
			files: map[string]string{"a.rego": "package a\n\nallow if {\n", "b.rego": "package b\n\nallow := data.a.allow\n"},
			uses:  []policies.Use{use("a", 1), use("b", 2), use("c", 3)},
			want: []string{
				"DIR/a.rego:4:1: unexpected eof token", "	hint: used at a.go:1:24 (f1), a.go:2:24 (f2)",
				`a.go:3:24: there is no policy "c" in DIR`, `	hint: near are "a" and "b"`,
			},
		},
		"left out": {
			files: map[string]string{"a.rego": "package a\n\nallow if http.send({}).status == 200\n"},
			uses:  []policies.Use{use("a", 1)},
			want:  []string{"DIR/a.rego:3:10: undefined function http.send", "	hint: it is left out, since policies decide by their input alone; used at a.go:1:24 (f1)"},
		},
		"Cedar beside Rego": {
			files: map[string]string{
				"a.rego":    "package a\n\nallow := true\n",
				"b.cedar":   "permit(principal, action == Action::\"b\", resource) when { context.trust_score >= 40 };",
				"c/c.cedar": "@id(\"c\")\npermit(principal, action in [Action::\"c\", Action::\"d\"], resource);\nforbid(principal, action == Action::\"e\", resource);",
			},
			uses: []policies.Use{use("a", 1), use("b", 2), use("c", 3), use("d", 4), use("e", 5), use("kest/x", 6)},
			want: []string{`a.go:6:24: there is no policy "kest/x" in DIR`, `	hint: the only policy is "a"`},
		},
		"Cedar only": {
			files: map[string]string{"b.cedar": `permit(principal, action == Action::"kest/trusted", resource);`},
			uses:  []policies.Use{use("kest/trusted", 1), use("kest/trustd", 2), use("other", 3)},
			want: []string{
				`a.go:2:24: there is no policy "kest/trustd" in DIR`, `	hint: did you mean "kest/trusted"?`,
				`a.go:3:24: there is no policy "other" in DIR`,
				`	hint: write permit(principal, action == Action::"other", resource) when { … }; or name another policy`,
			},
		},
		"Cedar action near the name": {
			files: map[string]string{"a.rego": "package a\n\nallow := true\n", "b.cedar": `permit(principal, action == Action::"kest/trusted", resource);`},
			uses:  []policies.Use{use("kest/trustd", 1)},
			want:  []string{`a.go:1:24: there is no policy "kest/trustd" in DIR`, `	hint: did you mean "kest/trusted"?`},
		},
		"Cedar for any action": {
			files: map[string]string{"b.cedar": "permit(principal, action, resource) when { context.trust_score >= 40 };"},
			uses:  []policies.Use{use("whatever", 1)},
			want: []string{
				`a.go:1:24: there is no policy "whatever" in DIR`,
				`	hint: write permit(principal, action == Action::"whatever", resource) when { … }; or name another policy`,
			},
		},
		"Cedar forbids only": {
			files: map[string]string{"b.cedar": `forbid(principal, action == Action::"b", resource);`},
			uses:  []policies.Use{use("b", 1)},
		},
		"Cedar group of actions": {
			files: map[string]string{
				"b.cedar":       `permit(principal, action in Action::"readers", resource);`,
				"entities.json": `[{"uid":{"type":"Action","id":"read"},"attrs":{},"parents":[{"type":"Action","id":"readers"}]}]`,
			},
			uses: []policies.Use{use("read", 1), use("readers", 2)},
		},
		"Cedar syntax": {
			files: map[string]string{"b.cedar": "permit(principal,\n  actoin == Action::\"b\", resource);", "entities.json": "{}"},
			uses:  []policies.Use{use("b", 1)},
			want: []string{
				`DIR/b.cedar:2:10: this is no Cedar: "==": exact got actoin want action`,
				"	hint: correct the file: an engine that loads the directory refuses it",
				"DIR/entities.json:1:1: the file is not a JSON array of entities",
				"	hint: correct the file: an engine that loads the directory refuses it",
			},
		},
		"Cedar schema": {
			files: map[string]string{
				"b.cedar":       "permit(principal, action == Action::\"b\", resource)\nwhen { context.trust_scor > 1 };",
				"s.cedarschema": "entity A;\naction b appliesTo { principal: A, resource: A, context: { trust_score: Long } };",
				"t.cedarschema": "entity B;",
			},
			uses: []policies.Use{use("b", 1)},
			want: []string{
				"DIR/t.cedarschema:1:1: there is a second schema beside s.cedarschema", "	hint: put them into one file",
			},
		},
		"Cedar that does not fit its schema": {
			files: map[string]string{
				"b.cedar":       "permit(principal, action == Action::\"b\", resource);",
				"s.cedarschema": "entity A;\naction c appliesTo { principal: A, resource: A };",
			},
			uses: []policies.Use{use("b", 1)},
			want: []string{
				"DIR/b.cedar:1:1: the policy does not fit the schema s.cedarschema: unrecognized action `Action::\"b\"`; unable to find an applicable action given the policy scope constraints",
				"	hint: correct the file: an engine that loads the directory refuses it",
			},
		},
		"routed": {
			files: map[string]string{
				"a.rego":  "package a\n\nallow := true\n",
				"l.rego":  "package l\n\nx := true\n",
				"b.cedar": "permit(principal, action in [Action::\"b\", Action::\"shop:c\"], resource);",
			},
			uses: []policies.Use{
				use("rego:a", 1), use("opa:a", 1), use("cedar:b", 1), use("legacy:a", 1), use("legacy:b", 1), use("shop:c", 1), use("cedar:shop:c", 1),
				use("cedar:a", 2), use("rego:b", 3), use("opa:l", 4), use("legacy:kest/x", 5), use(":kest/y", 6),
			},
			want: []string{
				`a.go:2:24: there is no policy "cedar:a" in DIR`, `	hint: did you mean "b"?`,
				`a.go:3:24: there is no policy "rego:b" in DIR`, `	hint: did you mean "a"?`,
				`a.go:4:24: the package of the policy "opa:l" has no rule allow`, "	hint: add `allow if …` to it, or name another policy",
				`a.go:5:24: there is no policy "legacy:kest/x" in DIR`, `	hint: the only policy is "a"`,
				`a.go:6:24: there is no policy ":kest/y" in DIR`, `	hint: the only policy is "a"`,
			},
		},
		"routed to what is not there": {
			files: map[string]string{"a.rego": "package a\n\nallow := input.nothing\n"},
			uses:  []policies.Use{use("rego:a", 1), use("cedar:a", 2)},
			want: []string{
				"DIR/a.rego:3:16: undefined ref: input.nothing", "	hint: there are environment, identity, object, subject, trust_score; used at a.go:1:24 (f1)",
				`a.go:2:24: there is no policy "cedar:a" in DIR`, `	hint: there is no .cedar file in it`,
			},
		},
		"routed to Rego that is not there": {
			files: map[string]string{"b.cedar": `permit(principal, action == Action::"b", resource);`},
			uses:  []policies.Use{use("rego:b", 1)},
			want:  []string{`a.go:1:24: there is no policy "rego:b" in DIR`, `	hint: there is no .rego file in it`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			errs, err := policies.Check(dir, test.uses)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range errs {
				if e.Hint == "" || e.Code == "" {
					t.Errorf("%v: no hint or no code", e)
				}
				got = append(got, strings.Split(strings.ReplaceAll(e.Error(), filepath.ToSlash(dir), "DIR"), "\n")...)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCheckCannot: what is no directory with policies is no mistake in one.
func TestCheckCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.rego")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(t.TempDir(), "nowhere"), t.TempDir()} {
		if errs, err := policies.Check(dir, nil); err == nil {
			t.Errorf("Check(%s) = %v, want an error", dir, errs)
		}
	}
}

// TestCheckCannotReadRegoBesideCedar: Rego that cannot be read is not Rego that
// is not there.
func TestCheckCannotReadRegoBesideCedar(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.cedar": `permit(principal, action == Action::"a", resource);`,
		"b.rego":  "package b\n\nallow := true\n#" + strings.Repeat("x", rego.MaxModuleSize),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	errs, err := policies.Check(dir, []policies.Use{use("a", 1)})
	if err == nil || !strings.Contains(err.Error(), "b.rego has more than") {
		t.Errorf("got %v, %v", errs, err)
	}
}
