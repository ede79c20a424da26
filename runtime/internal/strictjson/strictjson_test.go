package strictjson

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-0`, `10`, `-1.5e+10`, `1E5`, `0.25`, `""`, `"a"`,
		` "a" `, "\t\r\n [ ] \n", `{}`, `{ }`, `[1,2]`, `[ 1 , 2 ]`, `{"a":1,"b":[{}]}`,
		` { "a" : 1 , "b" : 2 } `, `{"b":1,"a":2}`, `{"a":{"a":1},"b":{"a":1}}`,
		`"\" \\ \/ \b \f \n \r \t \u0000 \u00e9 \uFFFF"`, `"\ud83d\ude00"`, `"😀\u007f` + "\x7f" + `"`,
		`{"":1}`, "\"\u2028\"", "\"\ufffd\"", `"\ufffd"`, `1e400`, strings.Repeat("9", 400),
	} {
		if err := Valid([]byte(text), 4); err != nil {
			t.Errorf("Valid(%q) = %v, want nil", text, err)
		}
	}
}

func TestValidRefuses(t *testing.T) {
	for _, c := range []struct {
		text   string
		reason error
		offset int
	}{
		{``, ErrSyntax, 0},
		{` `, ErrSyntax, 1},
		{`nul`, ErrSyntax, 0},
		{`nullx`, ErrSyntax, 4},
		{`True`, ErrSyntax, 0},
		{`NaN`, ErrSyntax, 0},
		{`1 2`, ErrSyntax, 2},
		{`{}{}`, ErrSyntax, 2},
		{"1\x00", ErrSyntax, 1},
		{"1\f", ErrSyntax, 1},
		{"\ufeff1", ErrSyntax, 0},
		{`// c` + "\n1", ErrSyntax, 0},
		{`01`, ErrSyntax, 1},
		{`-`, ErrSyntax, 1},
		{`-01`, ErrSyntax, 2},
		{`+1`, ErrSyntax, 0},
		{`.5`, ErrSyntax, 0},
		{`5.`, ErrSyntax, 2},
		{`5.e1`, ErrSyntax, 2},
		{`1e`, ErrSyntax, 2},
		{`1e+`, ErrSyntax, 3},
		{`0x10`, ErrSyntax, 1},
		{`1_000`, ErrSyntax, 1},
		{`"`, ErrSyntax, 1},
		{`"a`, ErrSyntax, 2},
		{`'a'`, ErrSyntax, 0},
		{"\"\n\"", ErrSyntax, 1},
		{"\"\x00\"", ErrSyntax, 1},
		{`"\`, ErrSyntax, 1},
		{`"\"`, ErrSyntax, 3},
		{`"\x41"`, ErrSyntax, 1},
		{`"\'"`, ErrSyntax, 1},
		{`"\u12"`, ErrSyntax, 1},
		{`"\u12g4"`, ErrSyntax, 1},
		{`"\U0041"`, ErrSyntax, 1},
		{`"\u+041"`, ErrSyntax, 1},
		{`[`, ErrSyntax, 1},
		{`[1`, ErrSyntax, 2},
		{`[1,`, ErrSyntax, 3},
		{`[1,]`, ErrSyntax, 3},
		{`[,1]`, ErrSyntax, 1},
		{`[1 2]`, ErrSyntax, 3},
		{`[1}`, ErrSyntax, 2},
		{`]`, ErrSyntax, 0},
		{`{`, ErrSyntax, 1},
		{`{"a"`, ErrSyntax, 4},
		{`{"a"}`, ErrSyntax, 4},
		{`{"a":}`, ErrSyntax, 5},
		{`{"a":1,}`, ErrSyntax, 7},
		{`{"a":1`, ErrSyntax, 6},
		{`{"a":1]`, ErrSyntax, 6},
		{`{a:1}`, ErrSyntax, 1},
		{`{1:1}`, ErrSyntax, 1},
		{`{null:1}`, ErrSyntax, 1},
		{`{"a" 1}`, ErrSyntax, 5},
		{`{"a":1 "b":2}`, ErrSyntax, 7},
		{`{"a"::1}`, ErrSyntax, 5},

		{"\"\xff\"", ErrUTF8, 1},
		{"\"a\xc0\xaf\"", ErrUTF8, 2},           // overlong
		{"\"\xed\xa0\x80\"", ErrUTF8, 1},        // a surrogate
		{"\"\xf4\x90\x80\x80\"", ErrUTF8, 1},    // beyond U+10FFFF
		{"\"\xe2\x82\"", ErrUTF8, 1},            // cut short
		{"{\"\x80\":1}", ErrUTF8, 2},            // in a name
		{`"\ud800"`, ErrSurrogate, 1},           // no second half
		{`"\udc00"`, ErrSurrogate, 1},           // no first half
		{`"\ud800\ud800"`, ErrSurrogate, 1},     // two first halves
		{`"\udc00\ud800"`, ErrSurrogate, 1},     // the wrong way round
		{`"\ud800\u0041"`, ErrSurrogate, 1},     // with something else behind
		{`"\ud800\n"`, ErrSurrogate, 1},         // with another escape
		{`{"\ud800":1}`, ErrSurrogate, 2},       // in a name
		{`"\ud83dx\ude00"`, ErrSurrogate, 1},    // apart
		{`"\ud83d` + "\u00e9", ErrSurrogate, 1}, // before an error of syntax

		{`{"a":1,"a":1}`, ErrDuplicate, 7},
		{`{"a":1,"b":2,"a":3}`, ErrDuplicate, 13},
		{`{"b":1,"a":2,"b":3}`, ErrDuplicate, 13},
		{`{"a":1,"\u0061":2}`, ErrDuplicate, 7},
		{`{"\u0061":1,"\u0061":2}`, ErrDuplicate, 12},
		{`{"😀":1,"\ud83d\ude00":2}`, ErrDuplicate, 10},
		{`{"":1,"":2}`, ErrDuplicate, 6},
		{`{"z":1,"y":{"a":1,"b":1,"a":1}}`, ErrDuplicate, 24},
		{`[{"a":1},{"a":1,"a":1}]`, ErrDuplicate, 16},

		{`[[[[[]]]]]`, ErrDepth, 4},
		{`{"a":{"a":{"a":{"a":{}}}}}`, ErrDepth, 20},
		{`[[[[{}]]]]`, ErrDepth, 4},
		{strings.Repeat("[", 1<<20), ErrDepth, 4},
	} {
		check(t, fmt.Sprintf("Valid(%.40q)", c.text), Valid([]byte(c.text), 4), c.reason, c.offset)
	}
}

func check(t *testing.T, what string, err, reason error, offset int) {
	t.Helper()
	var e *Error
	if !errors.Is(err, reason) || !errors.As(err, &e) {
		t.Errorf("%s = %v, want %v", what, err, reason)
	} else if e.Offset != offset {
		t.Errorf("%s: offset %d, want %d", what, e.Offset, offset)
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	for _, c := range []struct {
		text  []byte
		depth int
		err   error
	}{
		{[]byte("1"), 0, nil},
		{[]byte("[]"), 0, ErrDepth},
		{[]byte("[]"), -1, ErrDepth},
		{[]byte("[]"), 1, nil},
		{nested(16), 16, nil},
		{nested(17), 16, ErrDepth},
		{nested(MaxDepth), MaxDepth, nil},
		{nested(MaxDepth + 1), 1 << 30, ErrDepth},
	} {
		if err := Valid(c.text, c.depth); !errors.Is(err, c.err) {
			t.Errorf("%d brackets, depth %d: %v, want %v", len(c.text), c.depth, err, c.err)
		}
	}
}

// Were any of these quadratic, the test would not end within its time.
func TestHostileSizes(t *testing.T) {
	const n = 300_000
	for name, text := range map[string]func(*strings.Builder){
		"descending names": func(b *strings.Builder) {
			b.WriteByte('{')
			for i := n; i > 0; i-- {
				fmt.Fprintf(b, `"%07d":0,`, i)
			}
			b.WriteString(`"":0}`)
		},
		"nested in the last member": func(b *strings.Builder) {
			for i := 0; i < MaxDepth; i++ {
				b.WriteString(`{"b":0,"a":`)
			}
			b.WriteString(`0` + strings.Repeat("}", MaxDepth))
		},
		"escaped names": func(b *strings.Builder) {
			b.WriteByte('{')
			for i := n; i > 0; i-- {
				fmt.Fprintf(b, `"\u0061%07d":0,`, i)
			}
			b.WriteString(`"":0}`)
		},
	} {
		var b strings.Builder
		text(&b)
		if err := Valid([]byte(b.String()), MaxDepth); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidAllocatesOnce(t *testing.T) {
	text := []byte(`{"a":[1,2.5e3,"x"],"b":{"z":null,"y":true},"c":"€"}`)
	if n := testing.AllocsPerRun(100, func() {
		if err := Valid(text, 8); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations, want one at most", n)
	}
}

func BenchmarkValid(b *testing.B) {
	text := []byte(`{"operation":"transfer","labels":{"principal":"spiffe://kest.internal/a","trace_id":"0af7651916cd43dd8448eb211c80319c"},"parent_ids":["0"],"trust_score":90,"environment":{}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Valid(text, 16); err != nil {
			b.Fatal(err)
		}
	}
}
