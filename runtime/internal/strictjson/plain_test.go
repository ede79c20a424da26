package strictjson

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestAllPlain: eight bytes at once are judged as one by one, but for a borrow,
// which may only refuse.
func TestAllPlain(t *testing.T) {
	var b [8]byte
	for c := range 256 {
		for place := range b {
			copy(b[:], "aZ09-_.~")
			b[place] = byte(c)
			if got := allPlain(binary.LittleEndian.Uint64(b[:])); got != plain[c] {
				t.Errorf("byte %#x at %d: %t, want %t", c, place, got, plain[c])
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		x := random.Uint64()
		binary.LittleEndian.PutUint64(b[:], x)
		want := true
		for _, c := range b {
			want = want && plain[c]
		}
		if allPlain(x) && !want {
			t.Fatalf("%q is taken for plain", b)
		}
	}
}
