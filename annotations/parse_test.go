package annotations_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/kestgo/kest/annotations"
)

// parse reads the doc comment of a function.
func parse(t testing.TB, doc string) (*annotations.Directive, []*annotations.Error) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", source(doc), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return annotations.Parse(fset, file.Decls[0].(*ast.FuncDecl).Doc, annotations.Options{Origins: []string{"partner"}})
}

func source(doc string) string { return "package a\n" + doc + "\nfunc f()\n" }

func values(list []annotations.Text) string {
	var all []string
	for _, text := range list {
		all = append(all, fmt.Sprintf("%s@%d:%d", text.Value, text.Pos.Line, text.Pos.Column))
	}
	return strings.Join(all, " ")
}

func TestParse(t *testing.T) {
	d, errs := parse(t, `// f does.
//
//kest:verified policy=a/b,c,a/b source=partner taints=x,y untaints=z trust=0
//kest:verified classification=sanitizer operation=op name=Wrap engine=e identity=i evaluator=v
//kest:verified "user=batch job" `+"`agent=a\\b`"+` task={t} resource=orders/{req.Order.ID}/{{x}}{fn:tenantOf} attr.k={k} attr.l=l omit=p,_1`)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, test := range []struct{ what, got, want string }{
		{"policy", values(d.Policies), "a/b@4:24 c@4:28"},
		{"source", values([]annotations.Text{d.Source}), "partner@4:41"},
		{"taints", values(d.Taints), "x@4:56 y@4:58"},
		{"untaints", values(d.Untaints), "z@4:69"},
		{"trust", fmt.Sprint(d.Trust.Value, d.Trust.Given(), d.Trust.Pos), "0 true a.go:4:77"},
		{"classification", values([]annotations.Text{d.Classification}), "sanitizer@5:32"},
		{"operation", d.Operation.Value, "op"},
		{"name", d.Name.Value, "Wrap"},
		{"engine", d.Engine.Value, "e"},
		{"identity", d.Identity.Value, "i"},
		{"evaluator", d.Evaluator.Value, "v"},
		{"user", fmt.Sprint(d.User.Parts[0].Text, "@", d.User.Pos), "batch job@a.go:6:23"},
		{"agent", d.Agent.Parts[0].Text, `a\b`},
		{"task", fmt.Sprint(d.Task.Parts[0].Path, d.Task.Parts[0].Pos), "[t] a.go:6:51"},
		{"omit", values(d.Omit), "p@6:130 _1@6:132"},
		{"pos", d.Pos.String(), "a.go:4:1"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.what, test.got, test.want)
		}
	}
	var parts []string
	for _, part := range d.Resource.Parts {
		parts = append(parts, part.Expr())
	}
	if want := []string{"orders/", "{req.Order.ID}", "/{x}", "{fn:tenantOf}"}; !slices.Equal(parts, want) {
		t.Errorf("resource: got %q, want %q", parts, want)
	}
	if len(d.Attributes) != 2 || d.Attributes[0].Key.Value != "k" || d.Attributes[1].Value.Parts[0].Text != "l" {
		t.Errorf("attributes: got %+v", d.Attributes)
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct {
		doc  string
		want []string // position, code
	}{
		{"//kest:verified", []string{"2:1 missing-policy"}},
		{"//kest:verified policy", []string{"2:17 no-value"}},
		{"//kest:verified policy=", []string{"2:17 empty-value"}},
		{"//kest:verified \"policy= \"", []string{"2:18 empty-value"}},
		{"//kest:verified policy=,", []string{"2:24 empty-value", "2:25 empty-value"}},
		{"//kest:verified Policy=p", []string{"2:17 unknown-key"}},
		{"//kest:verified xyz=p", []string{"2:17 unknown-key", "2:1 missing-policy"}},
		{"//kest:verified policy=p policy=p", []string{"2:26 duplicate-key"}},
		{"//kest:verified policy=p\n//kest:verified policy=q", []string{"3:17 duplicate-key"}},
		{"//kest:verified policy=p attr.a=1 attr.a=2", []string{"2:35 duplicate-key"}},
		{"//kest:verified policy=p attr.=1", []string{"2:26 unknown-key"}},
		{"//kest:verified policy=p trust=-1", []string{"2:32 bad-trust"}},
		{"//kest:verified policy=p trust=101", []string{"2:32 bad-trust"}},
		{"//kest:verified policy=p trust=+1", []string{"2:32 bad-trust"}},
		{"//kest:verified policy=p trust=1.5", []string{"2:32 bad-trust"}},
		{"//kest:verified policy=p trust=99999999999999999999", []string{"2:32 bad-trust"}},
		{"//kest:verified policy=p classification=Data", []string{"2:41 bad-classification"}},
		{"//kest:verified policy=p source=moon", []string{"2:33 unknown-source"}},
		{"//kest:verified policy=p untaints=x", []string{"2:35 untaint-without-sanitizer"}},
		{"//kest:verified policy=p untaints=x classification=data", []string{"2:35 untaint-without-sanitizer"}},
		{"//kest:verified policy=p untaints=x trust=x", []string{"2:43 bad-trust"}},
		{"//kest:verified policy=p untaints=x classification=x", []string{"2:52 bad-classification"}},
		{"//kest:verified policy=p taints=x untaints=x trust=1", []string{"2:33 taint-conflict"}},
		{"//kest:verified policy=p user='x", nil},
		{"//kest:verified policy=\"p q\"", []string{"2:17 bad-quotes"}},
		{"//kest:verified \"policy=p\"x", []string{"2:17 bad-quotes"}},
		{"//kest:verified \"policy=p", []string{"2:17 bad-quotes"}},
		{`//kest:verified "policy=\p"`, []string{"2:17 bad-quotes"}},
		{`//kest:verified "policy=a\nb"`, []string{"2:18 bad-text"}},
		{"//kest:verified policy=p name=a-b", []string{"2:31 bad-identifier"}},
		{"//kest:verified policy=p name=func", []string{"2:31 bad-identifier"}},
		{"//kest:verified policy=p engine=a.b", []string{"2:33 bad-identifier"}},
		{"//kest:verified policy=p user={", []string{"2:31 bad-template"}},
		{"//kest:verified policy=p user={}", []string{"2:31 bad-template"}},
		{"//kest:verified policy=p user=a}b", []string{"2:32 bad-template"}},
		{"//kest:verified policy=p user={a..b}", []string{"2:31 bad-template"}},
		{"//kest:verified policy=p user={a}{b-}{fn:1}", []string{"2:34 bad-template", "2:38 bad-template"}},
		{"//kest:verified\tpolicy=p", nil},
		{"//kest:verifedd policy=p", []string{"2:1 unknown-directive"}},
		{"//kest:foo", []string{"2:1 unknown-directive"}},
		{"//kest:bypas reason=x", []string{"2:1 unknown-directive"}},
		{"//kest:bypass reason=x", nil}, // of kestgen vet
		{"//kest:verified,policy=p", []string{"2:1 no-space"}},
		{"// kest:verified policy=p", []string{"2:1 not-a-directive"}},
		{"//\tkest:verified policy=p", []string{"2:1 not-a-directive"}},
		{"//kest :verified policy=p", []string{"2:1 not-a-directive"}},
		{"//Kest:Verified policy=p", []string{"2:1 not-a-directive"}},
		{"//KEST: policy=p", []string{"2:1 not-a-directive"}},
		{"/*kest:verified policy=p*/", []string{"2:1 not-a-directive"}},
		{"/*\n * kest:verified policy=p\n */", []string{"2:1 not-a-directive"}},
		{"//`kest:verified policy=p`", []string{"2:1 not-a-directive"}},
		{"// see kest:verified", nil},
		{"// kest: the directive", nil},
		{"//kest:verified policy=p\n// kest:verified source=internal", []string{"3:1 not-a-directive"}},
	} {
		t.Run(test.doc, func(t *testing.T) {
			_, errs := parse(t, test.doc)
			var got []string
			for _, err := range errs {
				got = append(got, fmt.Sprintf("%d:%d %s", err.Pos.Line, err.Pos.Column, err.Code))
				if err.Message == "" || err.Hint == "" {
					t.Errorf("%v has no message or hint", err)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q\n%v", got, test.want, errs)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	_, errs := parse(t, "//kest:verified policy=p trust=101")
	want := "a.go:2:32: trust \"101\" is not an integer from 0 to 100\n\thint: write a score like trust=95"
	if len(errs) != 1 || errs[0].Error() != want {
		t.Errorf("got %v, want %s", errs, want)
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"policy", "source", "taints", "untaints", "task", "trust"}
	for name, want := range map[string]string{
		"polcy": "policy", "plicy": "policy", "POLICY": "policy", "soruce": "source", "taint": "taints",
		"untaint": "untaints", "xyz": "", "": "", "tsak": "task",
	} {
		if got := annotations.Nearest(name, candidates); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzParse: no text makes it panic, and every error has a position within the
// comment, a message and a hint.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"//kest:verified policy=p", `//kest:verified "user=a b" policy=p,q attr.x={a.b}{{`, "// kest:verified",
		"//kest:verified policy=\"", "//kest:verified `trust=1`x", "/*kest:verified*/", "//kest:verified untaints=a name=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", source(doc), parser.ParseComments)
		if err != nil || len(file.Decls) == 0 {
			return // not a comment
		}
		if _, ok := file.Decls[0].(*ast.FuncDecl); !ok {
			return
		}
		d, errs := parse(t, doc)
		for _, err := range errs {
			if err.Pos.Line < 2 || err.Pos.Column < 1 || err.Pos.Filename != "a.go" || err.Message == "" || err.Hint == "" || err.Code == "" {
				t.Errorf("%#v", err)
			}
		}
		if d != nil && len(errs) == 0 && len(d.Policies) == 0 {
			t.Error("no policy and no error")
		}
	})
}

func Example() {
	fset := token.NewFileSet()
	file, _ := parser.ParseFile(fset, "payment.go", `package payments

//kest:verified policy=kest/allow_trusted trust=high
func processPayment() error
`, parser.ParseComments)

	doc := file.Decls[0].(*ast.FuncDecl).Doc
	directive, errs := annotations.Parse(fset, doc, annotations.Options{})
	fmt.Println(directive.Policies[0].Value)
	fmt.Println(errs[0])
	// Output:
	// kest/allow_trusted
	// payment.go:3:49: trust "high" is not an integer from 0 to 100
	// 	hint: write a score like trust=95
}
