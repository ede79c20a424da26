package rego

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/kestgo/kest/runtime/engine/internal/conformance"
)

// TestInputIsTheDocument holds the input that is built against the one that is
// written: both engines show a policy the same.
func TestInputIsTheDocument(t *testing.T) {
	inputs := map[string]func(){}
	input := conformance.Input()
	inputs["all"] = func() {}
	inputs["nothing known"] = func() {
		input.User, input.Agent, input.Task, input.ResourceID, input.SourceType = "", "", "", "", ""
		input.Taints, input.PolicyNames, input.Deviations = nil, nil, nil
		input.Attributes = []byte("{}")
		input.IsRoot, input.ParentHash = true, "0"
	}
	inputs["odd text"] = func() { input.User, input.Operation = "\x00\"\\\u2028😀", "<&>" }
	for name, change := range inputs {
		t.Run(name, func(t *testing.T) {
			input = conformance.Input()
			change()
			text, err := input.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := ast.ValueFromReader(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := inputValue(input)
			if err != nil {
				t.Fatal(err)
			}
			if ast.Compare(got, want) != 0 {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestObjectTerm(t *testing.T) {
	for _, text := range []string{
		`{}`,
		` { "a" : [ ] , "b" : { } } `,
		`{"a":[1,-0.5,1e+21,5e-324,0],"b":{"c":[[[null]]]},"d":true,"e":false}`,
		`{"\u0041\ud83d\ude00":"\b\f\n\r\t\/\\\"\u0000"}`,
		`{"":""}`,
		`{"a":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`,
	} {
		got, err := objectTerm([]byte(text))
		if err != nil {
			t.Errorf("%.80s: %v", text, err)
			continue
		}
		want, err := ast.ValueFromReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if ast.Compare(got.Value, want) != 0 {
			t.Errorf("%.80s: got %s, want %s", text, got, want)
		}
	}
}

func TestObjectTermKeepsNumbersAsText(t *testing.T) {
	for _, number := range []string{"0", "-0", "1.50", "1e21", "1E+21", "0.1", "9007199254740993", "123456789012345678901234567890"} {
		term, err := objectTerm([]byte(`{"n":` + number + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := term.Get(ast.StringTerm("n")).Value; got != ast.Number(number) {
			t.Errorf("got %s, want %s", got, number)
		}
	}
}

func TestObjectTermRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                      "not a JSON object",
		`null`:                  "not a JSON object",
		`[{}]`:                  "not a JSON object",
		`"{}"`:                  "not a JSON object",
		`{`:                     "not valid JSON",
		`{}{}`:                  "not valid JSON",
		`{} x`:                  "not valid JSON",
		`{"a"}`:                 "not valid JSON",
		`{"a":}`:                "not valid JSON",
		`{"a":1,}`:              "not valid JSON",
		`{"a":[1,]}`:            "not valid JSON",
		`{"a":[1 2]}`:           "not valid JSON",
		`{a:1}`:                 "not valid JSON",
		`{"a":tru}`:             "not valid JSON",
		`{"a":nul}`:             "not valid JSON",
		`{"a":01}`:              "not valid JSON",
		`{"a":+1}`:              "not valid JSON",
		`{"a":1.}`:              "not valid JSON",
		`{"a":NaN}`:             "not valid JSON",
		`{"a":"` + "\n" + `"}`:  "not valid JSON",
		`{"a":"\x"}`:            "not valid JSON",
		`{"a":"\ud800"}`:        "lone surrogate",
		"{\"a\":\"\xc3\x28\"}":  "invalid UTF-8",
		`{"a":1,"a":1}`:         "duplicate member",
		`{"a":1,"\u0061":1}`:    "duplicate member",
		`{"a":[{"b":1,"b":2}]}`: "duplicate member",
		`{"a":1e400}`:           "range of a double",
		`{"a":1e-400}`:          "range of a double",
		`{"a":0e9999999}`:       "range of a double",
		`{"a":1e999999999}`:     "range of a double",
		`{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`:   "nested too deep",
		strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat(`}`, maxDepth+1):     "nested too deep",
		strings.Repeat(`{"a":`, 1_000_000):                                              "nested too deep",
		`{"a":` + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000) + `}`: "nested too deep",
	} {
		term, err := objectTerm([]byte(text))
		if err == nil {
			t.Errorf("%.80s: accepted as %s", text, term)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: error %v lacks %q", text, err, want)
		}
	}
}

// FuzzObjectTerm holds the converter against OPA's own, by way of
// encoding/json: what ours accepts, OPA reads alike.
func FuzzObjectTerm(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, `{"a":[1,2.5,-0,1e21]}`, `{"a":{"b":[null,true,false,"x"]}}`,
		`{"\ud83d\ude00":"\u0000"}`, `{"a":1,"a":2}`, ` {"a" : "b" } `, `{"a":"\ud800"}`, `[]`, `{"a":1e400}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := objectTerm(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("accepted what encoding/json calls invalid: %q", text)
		}
		want, err := ast.ValueFromReader(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("accepted what OPA refuses: %v", err)
		}
		if ast.Compare(got.Value, want) != 0 || got.String() != want.String() {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}
