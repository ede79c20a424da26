package canon

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"
)

type jsonText string // a Marshaler that returns what it is

func (s jsonText) MarshalJSON() ([]byte, error) { return []byte(s), nil }

var errMethod = errors.New("the method's own error")

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errMethod }

type failingText struct{}

func (failingText) MarshalText() ([]byte, error) { return nil, errMethod }

type nilJSON struct{}

func (nilJSON) MarshalJSON() ([]byte, error) { return nil, nil }

type textText string

func (s textText) MarshalText() ([]byte, error) { return []byte(s), nil }

type level int

func TestAppendAny(t *testing.T) {
	when := time.Date(2026, 2, 3, 4, 5, 6, 789000000, time.FixedZone("", 3600))
	raw, number := json.RawMessage(`[1.0]`), json.Number("1.50")
	for _, v := range []any{
		[]any(nil), map[string]any(nil), []string(nil), map[string]string(nil), []byte(nil), json.RawMessage(nil),
		[]any{}, map[string]any{}, []byte{}, []string{"b", "a"}, map[string]string{"€": "1", "\r": "2", "\ufb33": "3", "😀": "4"},
		(*time.Time)(nil), (*json.RawMessage)(nil), (*json.Number)(nil), &when, &raw, &number, when,
		jsonText(`{"b":1, "a":"\u003c"}`), textText("<a>"), textText(""),
		big.NewInt(42), (*big.Int)(nil), netip.MustParseAddr("192.0.2.1"), time.Time{},
	} {
		if got, err := AppendAny(nil, v); err != nil || string(got) != oracle(t, v) {
			t.Errorf("AppendAny(%T %v) = %s, %v; want %s", v, v, got, err, oracle(t, v))
		}
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{int64(1 << 60), `"1152921504606846976"`},
		{map[string]any{"n": uint64(1 << 63)}, `{"n":"9223372036854775808"}`},
		{json.Number("12345678901234567890"), `"12345678901234567890"`},
		{big.NewInt(1 << 60), `"1152921504606846976"`},
		{float64(1 << 60), `1152921504606847000`},
	} {
		if got, err := AppendAny(nil, c.v); err != nil || string(got) != c.want {
			t.Errorf("AppendAny(%v) = %s, %v; want %s", c.v, got, err, c.want)
		}
	}
}

func TestAppendAnyRefuses(t *testing.T) {
	itself := map[string]any{}
	itself["again"] = []any{itself}
	deep := any(json.RawMessage(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)))
	for name, c := range map[string]struct {
		v      any
		path   string // of a *PathError, "" for another error
		reason error
	}{
		"named type":          {level(1), "", ErrType},
		"struct":              {struct{}{}, "", ErrType},
		"pointer":             {new(int), "", ErrType},
		"channel":             {make(chan int), "", ErrType},
		"inside":              {[]any{1, map[string]any{"a": []any{level(1)}}}, "[1][*][0]", ErrType},
		"nil pointer":         {(*jsonText)(nil), "", ErrType},
		"nil text pointer":    {(*textText)(nil), "", ErrType},
		"bad string":          {"\xff", "", ErrUTF8},
		"bad key":             {map[string]string{"\xff": ""}, "[*]", ErrUTF8},
		"bad text":            {textText("\xff"), "", ErrUTF8},
		"bad raw":             {json.RawMessage(`{`), "", ErrSyntax},
		"empty raw":           {json.RawMessage{}, "", ErrSyntax},
		"nil from method":     {nilJSON{}, "", ErrSyntax},
		"duplicate in method": {jsonText(`{"a":1,"a":1}`), "", ErrDuplicate},
		"method fails":        {failing{}, "", errMethod},
		"text method fails":   {failingText{}, "", errMethod},
		"year":                {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "", ErrTime},
		"zone":                {time.Date(2000, 1, 1, 0, 0, 0, 0, time.FixedZone("", 24*3600)), "", ErrTime},
		"raw in an array":     {[]any{deep}, "[0]", ErrDepth},
		"contains itself":     {itself, strings.Repeat("[*][0]", MaxDepth/2), ErrDepth},
	} {
		got, err := AppendAny([]byte("x"), c.v)
		if !errors.Is(err, c.reason) || string(got) != "x" {
			t.Errorf("%s: %s, %v; want %v", name, got, err, c.reason)
		}
		var path *PathError
		if errors.As(err, &path); (path == nil) != (c.path == "") || path != nil && path.Path != c.path {
			t.Errorf("%s: path of %v, want %s", name, err, c.path)
		}
	}
}

func TestAppendTimeEqualsOracle(t *testing.T) {
	for _, v := range []time.Time{
		{},
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 120000000, time.FixedZone("x", -(23*3600+59*60))),
		time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("odd", 3601)),
	} {
		if got, err := AppendTime(nil, v); err != nil || string(got) != oracle(t, v) {
			t.Errorf("%v: %s, %v; want %s", v, got, err, oracle(t, v))
		}
	}
}

func TestMapsAndSlices(t *testing.T) {
	type id string
	type labels map[id]int8
	asInt := func(b []byte, v int8) ([]byte, error) { return AppendInt(b, int64(v)), nil }
	check := func(got []byte, err error, v any) {
		t.Helper()
		if want := oracle(t, v); err != nil || string(got) != want {
			t.Errorf("%v: %s, %v; want %s", v, got, err, want)
		}
	}
	for _, m := range []labels{nil, {}, {"b": 1, "a": 2, "": 3, "😀": 4, "\ufb33": 5}} {
		got, err := AppendMap(nil, m, asInt)
		check(got, err, m)
	}
	ints := map[int16]int8{10: 1, 9: 2, -1: 3, -10: 4, 0: 5, 100: 6}
	got, err := AppendIntMap(nil, ints, asInt)
	check(got, err, ints)
	uints := map[uint64]int8{10: 1, 9: 2, 1 << 63: 3}
	got, err = AppendUintMap(nil, uints, asInt)
	check(got, err, uints)
	for _, s := range [][]int8{nil, {}, {1, -2}} {
		got, err = AppendSlice(nil, s, asInt)
		check(got, err, s)
	}
}

func TestPaths(t *testing.T) {
	reason := ErrNumber
	for _, c := range []struct {
		err  error
		want string
	}{
		{At(reason, "Price"), "Price"},
		{At(AtIndex(At(reason, "Price"), 2), "Items"), "Items[2].Price"},
		{At(At(reason, "Price"), "Item"), "Item.Price"},
		{AtIndex(AtIndex(reason, 1), 0), "[0][1]"},
		{At(AtKey(AtIndex(reason, 0)), "Labels"), "Labels[*][0]"},
	} {
		var e *PathError
		if !errors.As(c.err, &e) || e.Path != c.want || e.Err != reason || !errors.Is(c.err, reason) {
			t.Errorf("%v: want path %s", c.err, c.want)
		}
		if want := c.want + ": " + reason.Error(); c.err.Error() != want {
			t.Errorf("%q, want %q", c.err, want)
		}
	}
	if At(nil, "a") != nil || AtIndex(nil, 1) != nil || AtKey(nil) != nil {
		t.Error("no error became one")
	}
}
