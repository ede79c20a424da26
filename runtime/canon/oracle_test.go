package canon

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
)

// oracle is what PROTOCOL §4 says a value's bytes are, integers beyond ±(2^53−1)
// aside.
func oracle(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("json.Marshal(%v): %v", v, err)
	}
	canonical, err := jcs.Transform(text)
	if err != nil {
		t.Fatalf("jcs.Transform(%s): %v", text, err)
	}
	return string(canonical)
}

func randomSource(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// randomString favours what is escaped, sorted or encoded specially.
func randomString(r *rand.Rand) string {
	special := []rune{0, 0x1f, '"', '\\', '/', '<', '&', 0x7f, 0x80, 'é', 0x2028, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff, '\b', '\n', 'a', 'b', '0'}
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteRune(special[r.IntN(len(special))])
	}
	return b.String()
}

func randomFloat(r *rand.Rand) float64 {
	for {
		v := math.Float64frombits(r.Uint64())
		switch r.IntN(4) {
		case 0:
			v = float64(r.Int64N(1<<54)) / math.Pow10(r.IntN(12))
		case 1:
			v = math.Pow10(r.IntN(50)-25) * float64(1+r.IntN(9))
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
}

// randomValue is a value that AppendAny writes without the integer exception.
func randomValue(r *rand.Rand, depth int) any {
	n := 16
	if depth > 0 {
		n += 4
	}
	switch r.IntN(n) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3:
		return randomString(r)
	case 4:
		return r.Int64N(2*maxSafe+1) - maxSafe
	case 5:
		return r.Uint64N(maxSafe + 1)
	case 6:
		return []any{int(r.Int32()), int8(r.Int32()), int16(r.Int32()), -r.Int32(), uint(r.Uint32()), uint8(r.Int32()), uint16(r.Int32()), r.Uint32(), uintptr(r.Uint32())}[r.IntN(9)]
	case 7, 8:
		return randomFloat(r)
	case 9:
		return float32(r.NormFloat64())
	case 10:
		// With an exponent it is no integer literal, so always a double.
		return json.Number(strconv.FormatFloat(randomFloat(r), 'e', r.IntN(25)-1, 64))
	case 11:
		return []byte(randomString(r))
	case 12:
		return time.Unix(r.Int64N(200e9), r.Int64N(1e9)).In(time.FixedZone("", r.IntN(86400*2)-86400+1))
	case 13:
		return []string{randomString(r), randomString(r)}[:r.IntN(3)]
	case 14:
		return map[string]string{randomString(r): randomString(r), randomString(r): ""}
	case 15:
		text, _ := json.MarshalIndent(map[string]any{randomString(r): r.NormFloat64(), randomString(r): randomString(r)}, "", "\t")
		return json.RawMessage(text)
	case 16, 17:
		s := make([]any, r.IntN(4))
		for i := range s {
			s[i] = randomValue(r, depth-1)
		}
		return s
	default:
		m := make(map[string]any)
		for range r.IntN(6) {
			m[randomString(r)] = randomValue(r, depth-1)
		}
		return m
	}
}

func TestAppendAnyEqualsOracle(t *testing.T) {
	r := randomSource(t)
	for range 20_000 {
		v := randomValue(r, 4)
		got, err := AppendAny(nil, v)
		if want := oracle(t, v); err != nil || string(got) != want {
			t.Fatalf("%#v:\n got %s, %v\nwant %s", v, got, err, want)
		}
		// What is written is canonical, and both readers of JSON leave it so.
		if err := Check(got, MaxDepth); err != nil {
			t.Fatalf("Check(%s): %v", got, err)
		}
		if again, err := Transform(nil, got); err != nil || string(again) != string(got) {
			t.Fatalf("Transform(%s) = %s, %v", got, again, err)
		}
	}
}
