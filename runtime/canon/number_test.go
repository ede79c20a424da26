package canon

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/gowebpki/jcs"
)

// RFC 8785 appendix B.
func TestAppendFloat64AppendixB(t *testing.T) {
	for _, c := range []struct {
		bits uint64
		want string
	}{
		{0x0000000000000000, "0"},
		{0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"},
		{0x8000000000000001, "-5e-324"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"},
		{0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"},
		{0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"},
		{0x44b52d02c7e14af6, "1e+23"},
		{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"},
		{0x444b1ae4d6e2ef4f, "999999999999999900000"},
		{0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
		{0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"},
		{0x41b3de4355555554, "333333333.33333325"},
		{0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"},
		{0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
	} {
		got, err := AppendFloat64(nil, math.Float64frombits(c.bits))
		if err != nil || string(got) != c.want {
			t.Errorf("%016x: %s, %v; want %s", c.bits, got, err, c.want)
		}
	}
	for _, bits := range []uint64{0x7fffffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff0000000000001} {
		got, err := AppendFloat64([]byte("x"), math.Float64frombits(bits))
		if !errors.Is(err, ErrNumber) || string(got) != "x" {
			t.Errorf("%016x: %s, %v; want ErrNumber", bits, got, err)
		}
	}
}

func TestAppendFloat64EqualsJCS(t *testing.T) {
	r := randomSource(t)
	for range 200_000 {
		v := randomFloat(r)
		want, err := jcs.NumberToJSON(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := AppendFloat64(nil, v); err != nil || string(got) != want {
			t.Fatalf("%x: %s, %v; want %s", v, got, err, want)
		}
	}
}

// The comment in AppendFloat32 claims that the decimal of a float32 needs no
// second conversion. This holds it to that, the cut-offs and limits included.
func TestAppendFloat32EqualsOracle(t *testing.T) {
	r := randomSource(t)
	check := func(v float32) {
		short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.NumberToJSON(short)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := AppendFloat32(nil, v); err != nil || string(got) != want {
			t.Fatalf("%x: %s, %v; want %s", v, got, err, want)
		}
	}
	for _, v := range []float32{0, 1e-6, 1e21, 1, 0.1, 16777216, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		for _, next := range []float32{math.Nextafter32(v, -math.MaxFloat32), v, math.Nextafter32(v, math.MaxFloat32)} {
			check(next)
			check(-next)
			if got, _ := AppendFloat32(nil, next); string(got) != oracle(t, next) {
				t.Errorf("%x: %s, want %s", next, got, oracle(t, next))
			}
		}
	}
	for range 300_000 {
		if v := math.Float32frombits(r.Uint32()); v == v && !math.IsInf(float64(v), 0) {
			check(v)
		}
	}
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		if got, err := AppendFloat32([]byte("x"), v); !errors.Is(err, ErrNumber) || string(got) != "x" {
			t.Errorf("%v: %s, %v; want ErrNumber", v, got, err)
		}
	}
}

// PROTOCOL §4, Stricter: integers that a double does not hold exactly.
func TestAppendIntegers(t *testing.T) {
	for v, want := range map[int64]string{
		0:                    `0`,
		-1:                   `-1`,
		9007199254740991:     `9007199254740991`,
		-9007199254740991:    `-9007199254740991`,
		9007199254740992:     `"9007199254740992"`,
		-9007199254740992:    `"-9007199254740992"`,
		9007199254740993:     `"9007199254740993"`,
		math.MaxInt64:        `"9223372036854775807"`,
		math.MinInt64:        `"-9223372036854775808"`,
		10000000000000000:    `"10000000000000000"`,
		-1000000000000000000: `"-1000000000000000000"`,
	} {
		if got := AppendInt(nil, v); string(got) != want {
			t.Errorf("AppendInt(%d) = %s, want %s", v, got, want)
		}
		if v >= 0 {
			if got := AppendUint(nil, uint64(v)); string(got) != want {
				t.Errorf("AppendUint(%d) = %s, want %s", v, got, want)
			}
		}
		digits := strconv.FormatInt(v, 10)
		if got, err := AppendNumber(nil, json.Number(digits)); err != nil || string(got) != want {
			t.Errorf("AppendNumber(%s) = %s, %v; want %s", digits, got, err, want)
		}
		if got, err := AppendRaw(nil, []byte(digits)); err != nil || string(got) != want {
			t.Errorf("AppendRaw(%s) = %s, %v; want %s", digits, got, err, want)
		}
	}
	if got := AppendUint(nil, math.MaxUint64); string(got) != `"18446744073709551615"` {
		t.Errorf("AppendUint(max) = %s", got)
	}
}

func TestAppendNumber(t *testing.T) {
	for n, want := range map[json.Number]string{
		"": "0", "-0": "0", "-0.0": "0", "0e5": "0", "1.0": "1", "1e2": "100", "-1.50": "-1.5",
		"9007199254740993.0":   "9007199254740992", // no integer literal, so a double
		"1e21":                 "1e+21",
		"123456789012345678e0": "123456789012345680",
		"1e-400":               "0",
	} {
		if got, err := AppendNumber(nil, n); err != nil || string(got) != want {
			t.Errorf("AppendNumber(%q) = %s, %v; want %s", n, got, err, want)
		}
		if got := oracle(t, n); got != want {
			t.Errorf("oracle(%q) = %s, want %s", n, got, want)
		}
	}
	for _, n := range []json.Number{"x", "1x", " 1", "1 ", "01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "1e400", "-1e400", "1_0", `"1"`, "null"} {
		if got, err := AppendNumber([]byte("x"), n); !errors.Is(err, ErrNumber) || string(got) != "x" {
			t.Errorf("AppendNumber(%q) = %s, %v; want ErrNumber", n, got, err)
		}
	}
}

func TestWritersDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	bytes := []byte("some bytes")
	for name, write := range map[string]func() error{
		"float64": func() error { _, err := AppendFloat64(buf, 1424953923781206.2); return err },
		"float32": func() error { _, err := AppendFloat32(buf, 0.1); return err },
		"int":     func() error { AppendInt(buf, math.MinInt64); return nil },
		"string":  func() error { _, err := AppendString(buf, "a \"quoted\" €"); return err },
		"bytes":   func() error { AppendBytes(buf, bytes); return nil },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}
