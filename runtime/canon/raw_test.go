package canon

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
)

// TestTC10CanonicalJSON is the protocol's vector, read as text, written from a map,
// and by its own check.
func TestTC10CanonicalJSON(t *testing.T) {
	const want = `{"a":1,"m":2,"z":3}`
	if got, err := Transform(nil, []byte(`{"z":3,"a":1,"m":2}`)); err != nil || string(got) != want {
		t.Errorf("Transform: %s, %v", got, err)
	}
	if got, err := AppendAny(nil, map[string]any{"z": 3, "a": 1, "m": 2}); err != nil || string(got) != want {
		t.Errorf("AppendAny: %s, %v", got, err)
	}
	if err := Check([]byte(want), 1); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func TestTransform(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"0":1,"\u001f":2}`, `{"\u001f":2,"0":1}`},                // sorted raw, not escaped
		{`{"\ufb33":1,"\ud83d\ude00":2}`, "{\"😀\":2,\"\ufb33\":1}"}, // UTF-16 order
		{" \t\r\n[ 1 , { } , [ ] ]\n", `[1,{},[]]`},
		{`"\/\u0041\u000A\u001F\u00e9"`, `"/A\n\u001fé"`},
		{`-0`, `0`},
		{`[1E30,4.50,2e-3,0.000000000000000000000000001,333333333.33333329]`, `[1e+30,4.5,0.002,1e-27,333333333.3333333]`},
		{`9007199254740993`, `9007199254740992`}, // pure RFC 8785: a double
		{`18446744073709551615`, `18446744073709552000`},
		{`{"b":{"d":1,"c":2},"a":[{"y":1,"x":2}]}`, `{"a":[{"x":2,"y":1}],"b":{"c":2,"d":1}}`},
		{`null`, `null`},
		// RFC 8785 section 3.2.3.
		{`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		// RFC 8785 section 3.2.2.
		{`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
	} {
		got, err := Transform([]byte("x"), []byte(c.text))
		if err != nil || string(got) != "x"+c.want {
			t.Errorf("Transform(%s)\n got %s, %v\nwant x%s", c.text, got, err, c.want)
		}
		if theirs, err := jcs.Transform([]byte(c.text)); err != nil || string(theirs) != c.want {
			t.Errorf("jcs.Transform(%s) = %s, %v", c.text, theirs, err)
		}
	}
}

func TestAppendRaw(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{`{"b": 9007199254740992, "a": -9007199254740992}`, `{"a":"-9007199254740992","b":"9007199254740992"}`},
		{`9007199254740991`, `9007199254740991`},
		{`9007199254740993.0`, `9007199254740992`},
		{`1e21`, `1e+21`},
		{`-0`, `0`},
		{`123456789012345678901234567890`, `"123456789012345678901234567890"`},
		{`[1.0,10]`, `[1,10]`},
	} {
		if got, err := AppendRaw(nil, []byte(c.raw)); err != nil || string(got) != c.want {
			t.Errorf("AppendRaw(%s) = %s, %v; want %s", c.raw, got, err, c.want)
		}
	}
	if got, err := AppendRaw([]byte("x"), nil); err != nil || string(got) != "xnull" {
		t.Errorf("AppendRaw(nil) = %s, %v; want null", got, err)
	}
}

func TestRawRefuses(t *testing.T) {
	for _, c := range []struct {
		text   string
		reason error
	}{
		{``, ErrSyntax},
		{`{} {}`, ErrSyntax},
		{`{"a":1,}`, ErrSyntax},
		{`{"a" 1}`, ErrSyntax},
		{`[1,]`, ErrSyntax},
		{`[1`, ErrSyntax},
		{`01`, ErrSyntax},
		{`nul`, ErrSyntax},
		{`{"b":1,"a":2,"b":3}`, ErrDuplicate},
		{`{"a":1,"\u0061":3}`, ErrDuplicate},
		{"\"\xff\"", ErrUTF8},
		{"{\"\xff\":1}", ErrUTF8},
		{`"\udead"`, ErrSurrogate},
		{`[1,1e400]`, ErrNumber},
		{strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), ErrDepth},
		{strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1), ErrDepth},
		{strings.Repeat("[", 1<<20), ErrDepth},
	} {
		if got, err := Transform([]byte("x"), []byte(c.text)); !errors.Is(err, c.reason) || string(got) != "x" {
			t.Errorf("Transform(%.40q) = %s, %v; want %v", c.text, got, err, c.reason)
		}
		if got, err := AppendRaw([]byte("x"), []byte(c.text)); !errors.Is(err, c.reason) || string(got) != "x" {
			t.Errorf("AppendRaw(%.40q) = %s, %v; want %v", c.text, got, err, c.reason)
		}
	}
	deepest := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if got, err := Transform(nil, []byte(deepest)); err != nil || string(got) != deepest {
		t.Errorf("MaxDepth levels: %v", err)
	}
}

// Were any of these quadratic, the test would not end within its time.
func TestHostileSizes(t *testing.T) {
	const n = 200_000
	var b strings.Builder
	b.WriteByte('{')
	for i := n; i > 0; i-- {
		fmt.Fprintf(&b, `"%07d":[],`, i)
	}
	b.WriteString(`"":0}`)
	if _, err := Transform(nil, []byte(b.String())); err != nil {
		t.Errorf("descending names: %v", err)
	}

	// Each level wants its members swapped: a writer that moves what it has
	// written would copy the innermost text a thousand times.
	inner := `"` + strings.Repeat("x", 8<<20) + `"`
	text := strings.Repeat(`{"b":`, MaxDepth) + inner + strings.Repeat(`,"a":0}`, MaxDepth)
	got, err := Transform(nil, []byte(text))
	if want := strings.Repeat(`{"a":0,"b":`, MaxDepth) + inner + strings.Repeat(`}`, MaxDepth); err != nil || string(got) != want {
		t.Errorf("swapped at each level: %v, %d bytes", err, len(got))
	}
}

func TestCheck(t *testing.T) {
	for _, text := range []string{
		`null`, `0`, `-1`, `1.5`, `1e+21`, `9007199254740992`, `295147905179352830000`, `-0.0000012345678901234567`,
		`""`, `"€😀/\"\\\b\t\n\f\r\u0000\u001f` + "\x7f" + `"`, `[]`, `{}`, `[[],{},1]`,
		`{"\r":1,"1":2,"` + "\u0080" + `":3,"😀":4,"` + "\ufb33" + `":5}`, `{"\u001f":1,"0":2}`,
	} {
		if err := Check([]byte(text), 2); err != nil {
			t.Errorf("Check(%s) = %v", text, err)
		}
	}
	for _, c := range []struct {
		text   string
		reason error
	}{
		{` 1`, ErrNotCanonical},
		{"1\n", ErrNotCanonical},
		{`[1, 2]`, ErrNotCanonical},
		{`{"a" :1}`, ErrNotCanonical},
		{`{"a": 1}`, ErrNotCanonical},
		{`{ }`, ErrNotCanonical},
		{`{"b":1,"a":2}`, ErrNotCanonical},
		{"{\"\ufb33\":1,\"😀\":2}", ErrNotCanonical}, // by code points
		{`"\/"`, ErrNotCanonical},
		{`"\u0041"`, ErrNotCanonical},
		{`"\u000A"`, ErrNotCanonical},
		{`"\u000a"`, ErrNotCanonical}, // has a short escape
		{`"\u001F"`, ErrNotCanonical},
		{`"\ud83d\ude00"`, ErrNotCanonical},
		{`"\u007f"`, ErrNotCanonical},
		{`-0`, ErrNotCanonical},
		{`1.0`, ErrNotCanonical},
		{`1e2`, ErrNotCanonical},
		{`1E+21`, ErrNotCanonical},
		{`1e21`, ErrNotCanonical},
		{`9007199254740993`, ErrNotCanonical},
		{`0.10`, ErrNotCanonical},
		{`1e400`, ErrNotCanonical},
		{`0.1000000000000000055511151231257827`, ErrNotCanonical},
		{`{"a":1,"a":2}`, ErrDuplicate},
		{`{"b":1,"a":2,"b":3}`, ErrDuplicate},
		{`[[[]]]`, ErrDepth},
		{`{"a":{"a":{}}}`, ErrDepth},
		{"\"\xff\"", ErrUTF8},
		{`"\ud800"`, ErrSurrogate},
		{``, ErrSyntax},
		{`[1`, ErrSyntax},
		{`[1,]`, ErrSyntax},
		{`{"a":1,}`, ErrSyntax},
		{`{"a"}`, ErrSyntax},
		{`01`, ErrSyntax},
		{`1 2`, ErrSyntax},
		{`{}}`, ErrSyntax},
	} {
		if err := Check([]byte(c.text), 2); !errors.Is(err, c.reason) {
			t.Errorf("Check(%s) = %v, want %v", c.text, err, c.reason)
		}
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	text := []byte(`{"a":[1,2.5,"x"],"b":{"y":true,"z":null},"c":"€"}`)
	if n := testing.AllocsPerRun(100, func() {
		if err := Check(text, 8); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
