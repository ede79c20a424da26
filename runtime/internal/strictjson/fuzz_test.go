package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzValid holds Valid against encoding/json: it accepts less, and only for the
// reasons it names.
func FuzzValid(f *testing.F) {
	for _, seed := range []string{
		`null`, ` [1, -0.5e+3, "\ud83d\ude00", true] `, `{"a":{"b":[]},"b":"\/"}`,
		`{"a":1,"\u0061":2}`, `"\ud800"`, "\"\xff\"", `[[[[[[[[[]]]]]]]]]`, `{"b":0,"a":0,"b":0}`, `01`, `[1,]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := Valid(text, 8)
		if err == nil {
			if !json.Valid(text) || !utf8.Valid(text) || repeats(t, text) {
				t.Fatalf("accepted %q", text)
			}
			roundTrip(t, text)
			return
		}
		// encoding/json looks at the whole text, we stop at the first fault: for
		// the other reasons it may go either way.
		switch {
		case errors.Is(err, ErrSyntax) && json.Valid(text):
			t.Fatalf("%q: %v, but encoding/json takes it", text, err)
		case errors.Is(err, ErrUTF8) && utf8.Valid(text):
			t.Fatalf("%q is valid UTF-8", text)
		case errors.Is(err, ErrDuplicate) && json.Valid(text) && !repeats(t, text):
			t.Fatalf("%q has no duplicate", text)
		}
	})
}

// repeats says by the tokens of encoding/json whether an object in text, which
// is valid JSON, has a name twice.
func repeats(t *testing.T, text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil in an array
		value bool            // whether a value comes next
	}
	var open []level
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].names != nil {
			top := &open[n-1]
			if !top.value {
				if top.names[token.(string)] {
					return true
				}
				top.names[token.(string)] = true
			}
			top.value = !top.value
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}

// roundTrip checks that the readers see in a valid text what encoding/json does.
func roundTrip(t *testing.T, text []byte) {
	switch bytes.TrimLeft(text, " \t\r\n")[0] {
	case '{':
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := Members(text, func(name string, value []byte) error {
			n++
			if !bytes.Equal(want[name], value) {
				t.Errorf("%q: member %q is %q, want %q", text, name, value, want[name])
			}
			return nil
		}); err != nil || n != len(want) {
			t.Errorf("%q: %d members, %v; want %d", text, n, err, len(want))
		}
	case '[':
		var want []json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := Elements(text, func(value []byte) error {
			if !bytes.Equal(want[n], value) {
				t.Errorf("%q: element %d is %q, want %q", text, n, value, want[n])
			}
			n++
			return nil
		}); err != nil || n != len(want) {
			t.Errorf("%q: %d elements, %v; want %d", text, n, err, len(want))
		}
	case '"':
		var want string
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		got, err := Unquote(bytes.Trim(text, " \t\r\n"))
		if err != nil || got != want {
			t.Errorf("Unquote(%q) = %q, %v; want %q", text, got, err, want)
		}
		quoted, ok := AppendQuoted(nil, got)
		if again, err := Unquote(quoted); !ok || err != nil || again != got {
			t.Errorf("%q: quoted %s, which is %q, %v", text, quoted, again, err)
		}
	}
}
