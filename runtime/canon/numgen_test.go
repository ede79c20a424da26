package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"strconv"
	"testing"
)

// The number test of the RFC's author: a fixed sequence of doubles, one line
// "hex bits,canonical form" for each, and the SHA-256 of the first so many lines
// as published in cyberphone/json-canonicalization, testdata/README.md.
var publishedSums = map[int]string{
	1_000:       "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687",
	10_000:      "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892",
	100_000:     "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7",
	1_000_000:   "49415fee2c56c77864931bd3624faad425c3c577d6d74e89a83bc725506dad16",
	10_000_000:  "b9f8a44a91d46813b21b9602e72f112613c91408db0b8341fb94603d9db135e0",
	100_000_000: "0f7dda6b0837dde083c5d6b896f7d62340c8a2415b0c7121d83145e08a755272",
}

// magnitudes are about a third of each power of ten from 1e22 down to 1e-27. The
// sequence has them all with a minus sign first, then all without.
var magnitudes = [...]uint64{
	0x446696695dbd1cc3, 0x443211ede4974a35, 0x43fce97ca0f21056, 0x43c7213080c1a6ac,
	0x439280f39a348556, 0x435d9b1f5d20d557, 0x4327af4c4a80aaac, 0x42f2f2a36ecd5556,
	0x42be51057e155558, 0x428840d131aaaaac, 0x4253670dc1555557, 0x421f0b4935555557,
	0x41e8d5d42aaaaaac, 0x41b3de4355555556, 0x417fca0555555556, 0x41496e6aaaaaaaab,
	0x4114585555555555, 0x40e046aaaaaaaaab, 0x40aa0aaaaaaaaaaa, 0x4074d55555555555,
	0x4040aaaaaaaaaaab, 0x400aaaaaaaaaaaab, 0x3fd5555555555555, 0x3fa1111111111111,
	0x3f6b4e81b4e81b4f, 0x3f35d867c3ece2a5, 0x3f0179ec9cbd821e, 0x3ecbf647612f3696,
	0x3e965e9f80f29212, 0x3e61e54c672874db, 0x3e2ca213d840baf8, 0x3df6e80fe033c8c6,
	0x3dc2533fe68fd3d2, 0x3d8d51ffd74c861c, 0x3d5774ccac3d3817, 0x3d22c3d6f030f9ac,
	0x3cee0624b3818f79, 0x3cb804ea293472c7, 0x3c833721ba905bd3, 0x3c4ebe9c5db3c61e,
	0x3c18987d17c304e5, 0x3be3ad30dfcf371d, 0x3baf7b816618582f, 0x3b792f9ab81379bf,
	0x3b442615600f9499, 0x3b101e77800c76e1, 0x3ad9ca58cce0be35, 0x3aa4a1e0a3e6fe90,
	0x3a708180831f320d, 0x3a3a68cd9e985016,
}

// edges are the other values at the start: around powers of ten and of two, the
// limits of the type and of the notations.
var edges = [...]uint64{
	0x4024000000000000, 0x4014000000000000, 0x3fe0000000000000, 0x3fa999999999999a,
	0x3f747ae147ae147b, 0x3f40624dd2f1a9fc, 0x3f0a36e2eb1c432d, 0x3ed4f8b588e368f1,
	0x3ea0c6f7a0b5ed8d, 0x3e6ad7f29abcaf48, 0x3e35798ee2308c3a, 0x3ed539223589fa95,
	0x3ed4ff26cd5a7781, 0x3ed4f95a762283ff, 0x3ed4f8c60703520c, 0x3ed4f8b72f19cd0d,
	0x3ed4f8b5b31c0c8d, 0x3ed4f8b58d1c461a, 0x3ed4f8b5894f7f0e, 0x3ed4f8b588ee37f3,
	0x3ed4f8b588e47da4, 0x3ed4f8b588e3849c, 0x3ed4f8b588e36bb5, 0x3ed4f8b588e36937,
	0x3ed4f8b588e368f8, 0x3ed4f8b588e368f1, 0x3ff0000000000000, 0xbff0000000000000,
	0xbfeffffffffffffa, 0xbfeffffffffffffb, 0x3feffffffffffffa, 0x3feffffffffffffb,
	0x3feffffffffffffc, 0x3feffffffffffffe, 0xbfefffffffffffff, 0xbfefffffffffffff,
	0x3fefffffffffffff, 0x3fefffffffffffff, 0x3fd3333333333332, 0x3fd3333333333333,
	0x3fd3333333333334, 0x0010000000000000, 0x000ffffffffffffd, 0x000fffffffffffff,
	0x7fefffffffffffff, 0xffefffffffffffff, 0x4340000000000000, 0xc340000000000000,
	0x4430000000000000, 0x44b52d02c7e14af5, 0x44b52d02c7e14af6, 0x44b52d02c7e14af7,
	0x444b1ae4d6e2ef4e, 0x444b1ae4d6e2ef4f, 0x444b1ae4d6e2ef50, 0x3eb0c6f7a0b5ed8c,
	0x3eb0c6f7a0b5ed8d, 0x41b3de4355555553, 0x41b3de4355555554, 0x41b3de4355555555,
	0x41b3de4355555556, 0x41b3de4355555557, 0xbecbf647612f3696, 0x43143ff3c1cb0959,
}

// numbers gives the sequence: fixed values, then 2000 successive doubles from
// the smallest normal one up, then what a chain of SHA-256 hashes that begins
// with 32 zero bytes holds, little endian, without zeros, NaN and infinities.
type numbers struct {
	fixed []uint64
	block [sha256.Size]byte
	used  int
}

func newNumbers() *numbers {
	const sign = 1 << 63
	n := &numbers{used: sha256.Size}
	n.fixed = []uint64{0, sign, 1, sign | 1}
	for _, m := range magnitudes {
		n.fixed = append(n.fixed, sign|m)
	}
	n.fixed = append(n.fixed, magnitudes[:]...)
	n.fixed = append(n.fixed, edges[:]...)
	for i := range uint64(2000) {
		n.fixed = append(n.fixed, 0x0010000000000000+i)
	}
	return n
}

func (n *numbers) next() uint64 {
	if len(n.fixed) > 0 {
		first := n.fixed[0]
		n.fixed = n.fixed[1:]
		return first
	}
	for {
		if n.used == len(n.block) {
			n.block, n.used = sha256.Sum256(n.block[:]), 0
		}
		bits := binary.LittleEndian.Uint64(n.block[n.used:])
		n.used += 8
		if v := math.Float64frombits(bits); v != 0 && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return bits
		}
	}
}

// TestNumberSequence checks a million lines, a tenth of that with -short, and as
// many as KEST_NUMBERS says if it is set: 100000000 takes about ten seconds on two cores.
func TestNumberSequence(t *testing.T) {
	lines := 1_000_000
	if testing.Short() {
		lines = 100_000
	}
	if s := os.Getenv("KEST_NUMBERS"); s != "" {
		var err error
		if lines, err = strconv.Atoi(s); err != nil || publishedSums[lines] == "" {
			t.Fatalf("KEST_NUMBERS=%s: there is a published sum for 1000, 10000, … 100000000 lines", s)
		}
	}
	sum := sha256.New()
	for block := range numberBlocks(t, lines) {
		sum.Write(<-block)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != publishedSums[lines] {
		t.Errorf("SHA-256 of %d lines is %s, want %s", lines, got, publishedSums[lines])
	}
}

// numberBlocks returns blocks of lines in order, each as a channel that will
// yield it, so that one goroutine formats while another hashes.
func numberBlocks(t *testing.T, lines int) <-chan chan []byte {
	const size = 1 << 13
	blocks := make(chan chan []byte, 4)
	go func() {
		defer close(blocks)
		sequence := newNumbers()
		for ; lines > 0; lines -= size {
			bits := make([]uint64, min(lines, size))
			for i := range bits {
				bits[i] = sequence.next()
			}
			block := make(chan []byte, 1)
			blocks <- block
			go func() { block <- formatLines(t, bits) }()
		}
	}()
	return blocks
}

func formatLines(t *testing.T, numbers []uint64) []byte {
	b := make([]byte, 0, 42*len(numbers))
	for _, bits := range numbers {
		b = append(strconv.AppendUint(b, bits, 16), ',')
		var err error
		if b, err = AppendFloat64(b, math.Float64frombits(bits)); err != nil {
			t.Errorf("%x: %v", bits, err)
		}
		b = append(b, '\n')
	}
	return b
}
