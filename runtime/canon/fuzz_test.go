package canon

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

var textSeeds = []string{
	`{"z":3,"a":1,"m":2}`, `{"0":1,"\u001f":2}`, ` [ 1.0 , -0, 1E30, 1e400, 9007199254740993 ] `,
	`{"a":1,"\u0061":2}`, `"\ud83d\ude00\/\u000A"`, `"\ud800"`, "\"\xff\"", `[1,]`, `01`, `{"b":{"d":1,"c":[]},"a":null}`,
}

// FuzzTransform holds Transform against gowebpki/jcs v1.0.2. That one follows
// 10000 levels where we stop at MaxDepth; in all else the two must accept the
// same texts and write the same bytes.
func FuzzTransform(f *testing.F) {
	for _, seed := range textSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Transform(nil, text)
		want, theirs := jcs.Transform(text)
		if (err == nil) != (theirs == nil) && !errors.Is(err, ErrDepth) {
			t.Fatalf("Transform(%q) = %s, %v; jcs has %s, %v", text, got, err, want, theirs)
		}
		canonical := Check(text, MaxDepth)
		if err != nil {
			if canonical == nil {
				t.Fatalf("Check accepts %q, which Transform refuses: %v", text, err)
			}
			return
		}
		if string(got) != string(want) {
			t.Fatalf("Transform(%q)\n got %s\nwant %s", text, got, want)
		}
		if (canonical == nil) != (string(got) == string(text)) {
			t.Fatalf("Check(%q) = %v, the canonical form is %s", text, canonical, got)
		}
		if err := Check(got, MaxDepth); err != nil {
			t.Fatalf("Check(%s) = %v", got, err)
		}
	})
}

// FuzzAppendRaw checks that AppendRaw takes what is strictly valid and in the
// range of a double, that what it writes is canonical, and that its own output
// leaves it unchanged once no long integers are left in it.
func FuzzAppendRaw(f *testing.F) {
	for _, seed := range textSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if raw == nil {
			return
		}
		got, err := AppendRaw([]byte("x"), raw)
		valid := strictjson.Valid(raw, MaxDepth)
		if err != nil {
			if string(got) != "x" {
				t.Fatalf("%q: dst is %s after %v", raw, got, err)
			}
			if valid == nil && !errors.Is(err, ErrNumber) {
				t.Fatalf("AppendRaw(%q): %v, but it is valid", raw, err)
			}
			return
		}
		if valid != nil {
			t.Fatalf("AppendRaw(%q) = %s, but it is not valid: %v", raw, got, valid)
		}
		if err := Check(got[1:], MaxDepth); err != nil {
			t.Fatalf("AppendRaw(%q) = %s: %v", raw, got, err)
		}
		viaAny, err := AppendAny([]byte("x"), json.RawMessage(raw))
		if err != nil || string(viaAny) != string(got) {
			t.Fatalf("AppendAny(%q) = %s, %v; want %s", raw, viaAny, err, got)
		}
	})
}

// FuzzAppendString compares with the oracle on valid UTF-8, and expects an error
// on all else.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a", "\x00\x1f\"\\/\b\f\n\r\t\x7f", "<&>\u2028\u2029", "€😀\ufffd", "\xff", "a\xc0\xaf", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := AppendString([]byte("x"), s)
		quoted, quotedErr := AppendStringString(nil, s)
		if !utf8.ValidString(s) {
			if !errors.Is(err, ErrUTF8) || string(got) != "x" || !errors.Is(quotedErr, ErrUTF8) {
				t.Fatalf("%q: %s, %v", s, got, err)
			}
			return
		}
		if want := oracle(t, s); err != nil || string(got) != "x"+want {
			t.Fatalf("AppendString(%q) = %s, %v; want %s", s, got, err, want)
		}
		want := oracle(t, struct {
			S string `json:",string"`
		}{s})
		if quotedErr != nil || `{"S":`+string(quoted)+"}" != want {
			t.Fatalf("AppendStringString(%q) = %s, %v; want %s", s, quoted, quotedErr, want)
		}
	})
}

// FuzzAppendFloat64 compares with jcs and checks that the text reads back as the
// same number.
func FuzzAppendFloat64(f *testing.F) {
	for _, seed := range []uint64{0, 1 << 63, 1, 0x7fefffffffffffff, 0x7ff0000000000000, 0x444b1ae4d6e2ef50, 0x3eb0c6f7a0b5ed8c, 0x2b2bff2ee48e0530} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
		got, err := AppendFloat64(nil, v)
		want, theirs := jcs.NumberToJSON(v)
		if (err == nil) != (theirs == nil) || err == nil && string(got) != want {
			t.Fatalf("%016x: %s, %v; want %s", bits, got, err, want)
		}
		if err != nil {
			return
		}
		var back float64
		if err := json.Unmarshal(got, &back); err != nil || back != v {
			t.Fatalf("%016x: %s reads as %v, %v", bits, got, back, err)
		}
		if narrow := float32(v); !math.IsInf(float64(narrow), 0) {
			if got, err := AppendFloat32(nil, narrow); err != nil || string(got) != oracle(t, narrow) {
				t.Fatalf("float32 %v: %s, %v; want %s", narrow, got, err, oracle(t, narrow))
			}
		}
	})
}
