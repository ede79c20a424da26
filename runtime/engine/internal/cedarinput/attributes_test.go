package cedarinput_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

func nested(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
}

func TestAttributes(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                                 `{}`,
		" \n{ } ":                            `{}`,
		`{"a":1,"b":"x","c":true,"d":false}`: `{"a":1,"b":"x","c":true,"d":false}`,
		` { "a" : [ 1 , { } , [ ] ] } `:      `{"a":[1,{},[]]}`,
		`{"a":null}`:                         `{}`,
		`{"a":null,"b":1,"c":null,"d":2,"e":null}`:                   `{"b":1,"d":2}`,
		`{"a":[{"b":null,"c":{"d":null}}]}`:                          `{"a":[{"c":{}}]}`,
		`{"a":9223372036854775807}`:                                  `{"a":9223372036854775807}`,
		`{"a":-9223372036854775808}`:                                 `{"a":-9223372036854775808}`,
		`{"a":-0}`:                                                   `{"a":0}`,
		`{"a":1e3,"b":1E+3,"c":-2.5e1,"d":12.0}`:                     `{"a":1000,"b":1000,"c":-25,"d":12}`,
		`{"a":100e-2,"b":0e99999999999999999999}`:                    `{"a":1,"b":0}`,
		`{"a":0.0,"b":-0.00e-5,"c":0e-99999999999}`:                  `{"a":0,"b":0,"c":0}`,
		`{"a":-9223372036854775808.0,"b":922337203685477580.7e1}`:    `{"a":-9223372036854775808,"b":9223372036854775807}`,
		`{"a":9e18,"b":1e18,"c":10e17,"d":0.00001e6}`:                `{"a":9000000000000000000,"b":1000000000000000000,"c":1000000000000000000,"d":10}`,
		`{"\u0061":"\u0000\ud83d\ude00"}`:                            `{"\u0061":"\u0000\ud83d\ude00"}`,
		`{"_entity":1,"__Entity":2,"entity":"__entity","x__extn":3}`: `{"_entity":1,"__Entity":2,"entity":"__entity","x__extn":3}`,
		`{"type":"Workload","id":"root"}`:                            `{"type":"Workload","id":"root"}`,
		nested(cedarinput.MaxDepth):                                  nested(cedarinput.MaxDepth),
	} {
		got, err := cedarinput.AppendAttributes([]byte("x"), []byte(in))
		if err != nil || string(got) != "x"+want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestAttributesRefused(t *testing.T) {
	for in, reason := range map[string]error{
		``:                               nil,
		` `:                              nil,
		`null`:                           nil,
		`[]`:                             nil,
		`"a"`:                            nil,
		`{`:                              strictjson.ErrSyntax,
		`{}{}`:                           strictjson.ErrSyntax,
		`{}},"trust_score":100,"x":{`:    strictjson.ErrSyntax,
		`{"a":1,"a":1}`:                  strictjson.ErrDuplicate,
		`{"a":1,"\u0061":null}`:          strictjson.ErrDuplicate,
		"{\"a\":\"\xff\"}":               strictjson.ErrUTF8,
		`{"a":"\ud800"}`:                 strictjson.ErrSurrogate,
		nested(cedarinput.MaxDepth + 1):  strictjson.ErrDepth,
		`{"a":[null]}`:                   cedarinput.ErrNull,
		`{"a":[1,{"b":[[null]]}]}`:       cedarinput.ErrNull,
		`{"a":0.5}`:                      cedarinput.ErrNumber,
		`{"a":-12.5}`:                    cedarinput.ErrNumber,
		`{"a":1e-1}`:                     cedarinput.ErrNumber,
		`{"a":15e-1}`:                    cedarinput.ErrNumber,
		`{"a":9223372036854775808}`:      cedarinput.ErrNumber,
		`{"a":-9223372036854775809}`:     cedarinput.ErrNumber,
		`{"a":9223372036854775807.5}`:    cedarinput.ErrNumber,
		`{"a":9.3e18}`:                   cedarinput.ErrNumber,
		`{"a":1e21}`:                     cedarinput.ErrNumber,
		`{"a":1e19}`:                     cedarinput.ErrNumber,
		`{"a":1e99999999999999999999}`:   cedarinput.ErrNumber,
		`{"a":1e-99999999999999999999}`:  cedarinput.ErrNumber,
		`{"a":1e9223372036854775807}`:    cedarinput.ErrNumber,
		`{"a":10e9223372036854775807}`:   cedarinput.ErrNumber,
		`{"a":1.5e-9223372036854775808}`: cedarinput.ErrNumber,
		`{"a":` + strings.Repeat("1", 5000) + `}`:      cedarinput.ErrNumber,
		`{"__entity":{"type":"Workload","id":"root"}}`: cedarinput.ErrReserved,
		`{"__extn":{"fn":"ip","arg":"127.0.0.1"}}`:     cedarinput.ErrReserved,
		`{"__expr":"1"}`: cedarinput.ErrReserved,
		`{"a":{"__entity":{"type":"Workload","id":"root"}}}`:       cedarinput.ErrReserved,
		`{"a":{"\u005f_entity":{"type":"Workload","id":"root"}}}`:  cedarinput.ErrReserved,
		`{"a":[[{"b":{"__extn":{"fn":"ip","arg":"127.0.0.1"}}}]]}`: cedarinput.ErrReserved,
		`{"a":{"b":1,"__entity":1}}`:                               cedarinput.ErrReserved,
		`{"a":{"__expr":null}}`:                                    cedarinput.ErrReserved,
	} {
		got, err := cedarinput.AppendAttributes([]byte("kept"), []byte(in))
		if err == nil || reason != nil && !errors.Is(err, reason) || string(got) != "kept" {
			t.Errorf("%.80s: got %s, %v, want %v", in, got, err, reason)
		}
	}
}

// TestAttributeErrors: the attribute is the directive's word, all below it is a
// value.
func TestAttributeErrors(t *testing.T) {
	for in, want := range map[string]string{
		`{"order":{"s3cret":{"s3cret":12.5}}}`:  `attribute "order": a number that is no 64-bit integer, the only kind Cedar has: give it in whole minor units (cents) or as text`,
		`{"a":1,"b":{},"list":["s3cret",null]}`: `attribute "list": null in an array`,
		`{"a":{"s3cret":1},"__extn":"s3cret"}`:  `attribute "__extn": a member named`,
	} {
		_, err := cedarinput.AppendAttributes(nil, []byte(in))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}

// FuzzAttributes: Cedar reads what is accepted as what it was, without null,
// and never as an entity or an extension value.
func FuzzAttributes(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":[1,{"b":null},[]],"c":1e3,"d":-0}`, `{"a":{"__entity":{"type":"A","id":"b"}}}`, `{"a":{"__extn":{"fn":"ip","arg":"::1"}}}`,
		`{"a":{"\u005f_entity":1}}`, `{"a":1,"a":2}`, `{"a":[null]}`, `{"a":0.5}`, nested(65), "{\"\u2028\":\"\x7f\"}", `{"a":1e9223372036854775807}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, attributes []byte) {
		input := fullInput()
		input.Attributes = attributes
		text, err := cedarinput.AppendContext(nil, input)
		if err != nil {
			return
		}
		var record types.Record
		if err := record.UnmarshalJSON(text); err != nil {
			t.Fatalf("Cedar refuses %s: %v", text, err)
		}
		object, _ := record.Get("object")
		got, _ := object.(types.Record).Get("attributes")
		var want any
		decoder := json.NewDecoder(strings.NewReader(string(attributes)))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if !same(want, got) {
			t.Errorf("%s is read as %s", attributes, got)
		}
	})
}

// same compares JSON with what Cedar made of it.
func same(want any, got types.Value) bool {
	switch want := want.(type) {
	case bool:
		return got == types.Boolean(want)
	case string:
		return got == types.String(want)
	case json.Number:
		long, ok := got.(types.Long)
		return ok && sameNumber(want.String(), int64(long))
	case []any:
		set, ok := got.(types.Set)
		for _, element := range want {
			found := false
			for member := range set.All() {
				found = found || same(element, member)
			}
			ok = ok && found
		}
		return ok && set.Len() <= len(want)
	case map[string]any:
		record, ok := got.(types.Record)
		members := 0
		for name, value := range want {
			if value == nil {
				continue
			}
			members++
			member, there := record.Get(types.String(name))
			ok = ok && there && same(value, member)
		}
		return ok && record.Len() == members
	}
	return false
}
