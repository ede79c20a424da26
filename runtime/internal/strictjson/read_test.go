package strictjson

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func members(text string) (string, error) {
	var got strings.Builder
	err := Members([]byte(text), func(name string, value []byte) error {
		fmt.Fprintf(&got, "%q=%s;", name, value)
		return nil
	})
	return got.String(), err
}

func elements(text string) (string, error) {
	var got strings.Builder
	err := Elements([]byte(text), func(value []byte) error {
		fmt.Fprintf(&got, "%s;", value)
		return nil
	})
	return got.String(), err
}

func TestMembersAndElements(t *testing.T) {
	for _, c := range []struct {
		read   func(string) (string, error)
		text   string
		want   string // what was visited, before the error if there is one
		reason error
	}{
		{members, ` { } `, ``, nil},
		{members, ` { "b" : [ 1 ] , "\u0061" : "x" } `, `"b"=[ 1 ];"a"="x";`, nil},
		{members, `{"a":1}x`, `"a"=1;`, ErrSyntax},
		{members, `{"a":1,"a":2}`, `"a"=1;"a"=2;`, ErrDuplicate},
		{members, `{"a":{"b":1,"b":2}}`, ``, ErrDuplicate},
		{members, `{"a":1`, `"a"=1;`, ErrSyntax},
		{members, `[]`, ``, ErrKind},
		{members, `null`, ``, ErrKind},
		{members, `[`, ``, ErrSyntax},
		{members, ``, ``, ErrSyntax},
		{elements, ` [ ] `, ``, nil},
		{elements, ` [ 1 , {"a" : 2} ] `, `1;{"a" : 2};`, nil},
		{elements, `[1]]`, `1;`, ErrSyntax},
		{elements, `[1,`, `1;`, ErrSyntax},
		{elements, `[[` + strings.Repeat("[", MaxDepth), ``, ErrDepth},
		{elements, `{}`, ``, ErrKind},
		{elements, `"["`, ``, ErrKind},
		{elements, `{`, ``, ErrSyntax},
	} {
		got, err := c.read(c.text)
		if got != c.want || !errors.Is(err, c.reason) {
			t.Errorf("%.40q: %s, %v; want %s, %v", c.text, got, err, c.want, c.reason)
		}
	}
}

func TestVisitorStopsTheWalk(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := Members([]byte(`{"a":1,"b":2}`), func(string, []byte) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Errorf("Members: %v after %d calls", err, calls)
	}
	calls = 0
	err = Elements([]byte(`[1,2]`), func([]byte) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Errorf("Elements: %v after %d calls", err, calls)
	}
}

// An append to a value must not write over what follows it.
func TestValuesHaveTheirOwnCapacity(t *testing.T) {
	text := []byte(`{"a":1,"b":[2,3]}`)
	_ = Members(text, func(_ string, value []byte) error {
		_ = append(value, "XXX"...)
		return nil
	})
	_ = Elements(text[11:16], func(value []byte) error {
		_ = append(value, "X"...)
		return nil
	})
	if string(text) != `{"a":1,"b":[2,3]}` {
		t.Errorf("text is now %s", text)
	}
}

func TestUnquote(t *testing.T) {
	for _, c := range []struct {
		value, want string
		reason      error
	}{
		{`""`, "", nil},
		{`"a€😀"`, "a€😀", nil},
		{`"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00x"`, "\"\\/\b\f\n\r\tAé€😀x", nil},
		{`"\u0000"`, "\x00", nil},
		{`1`, "", ErrKind},
		{`null`, "", ErrKind},
		{``, "", ErrSyntax},
		{`"a" `, "", ErrSyntax},
		{`"a`, "", ErrSyntax},
		{`"\ud800"`, "", ErrSurrogate},
		{"\"\xff\"", "", ErrUTF8},
	} {
		got, err := Unquote([]byte(c.value))
		if got != c.want || !errors.Is(err, c.reason) {
			t.Errorf("Unquote(%q) = %q, %v; want %q, %v", c.value, got, err, c.want, c.reason)
		}
	}
}

func TestInteger(t *testing.T) {
	for _, c := range []struct {
		value  string
		want   int64
		reason error
	}{
		{`0`, 0, nil},
		{`-0`, 0, nil},
		{`100`, 100, nil},
		{`9223372036854775807`, math.MaxInt64, nil},
		{`-9223372036854775808`, math.MinInt64, nil},
		{`9223372036854775808`, 0, ErrKind},
		{`1.0`, 0, ErrKind},
		{`1e2`, 0, ErrKind},
		{`"1"`, 0, ErrKind},
		{`01`, 0, ErrSyntax},
		{`+1`, 0, ErrSyntax},
		{``, 0, ErrSyntax},
		{`1x`, 0, ErrSyntax},
	} {
		got, err := Integer([]byte(c.value))
		if got != c.want || !errors.Is(err, c.reason) {
			t.Errorf("Integer(%q) = %d, %v; want %d, %v", c.value, got, err, c.want, c.reason)
		}
	}
}

func TestAppendQuoted(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `""`},
		{"plain", `"plain"`},
		{"\" \\ / \b \t \n \f \r", `"\" \\ / \b \t \n \f \r"`},
		{"\x00\x01\x0b\x1f\x7f", `"\u0000\u0001\u000b\u001f` + "\x7f" + `"`},
		{"<&>\u2028€😀", "\"<&>\u2028€😀\""},
	} {
		got, ok := AppendQuoted([]byte("x"), c.text)
		if !ok || string(got) != "x"+c.want {
			t.Errorf("AppendQuoted(%q) = %s, %t; want %s", c.text, got, ok, c.want)
		}
	}
	if got, ok := AppendQuoted([]byte("x"), "ab\n\xff"); ok || string(got) != "x" {
		t.Errorf("invalid UTF-8: %s, %t", got, ok)
	}
}

func ExampleMembers() {
	header := []byte(`{"alg": "EdDSA", "typ": "JWS"}`)
	err := Members(header, func(name string, value []byte) error {
		text, err := Unquote(value)
		fmt.Println(name, text)
		return err
	})
	fmt.Println(err)
	fmt.Println(Members([]byte(`{"alg":"EdDSA","alg":"none"}`), func(string, []byte) error { return nil }))
	// Output:
	// alg EdDSA
	// typ JWS
	// <nil>
	// duplicate member name: keep one of them, at byte 15
}
