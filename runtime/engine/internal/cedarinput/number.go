package cedarinput

import (
	"bytes"
	"strconv"
	"strings"
)

const (
	// mostDigits is how many digits the largest 64-bit integer has.
	mostDigits = 19
	// farExponent is an exponent that no number of digits in one text makes up for.
	farExponent = 1 << 30
)

// integer is the value of a JSON number if that is a 64-bit integer. plain says
// that it has neither fraction nor exponent. 1e3 and 12.0 are integers, too;
// 1e21, as RFC 8785 writes it, is one that does not fit.
func integer(number []byte, plain bool) (n int64, ok bool) {
	if plain {
		n, err := strconv.ParseInt(string(number), 10, 64)
		return n, err == nil
	}
	mantissa, negative := bytes.CutPrefix(number, []byte("-"))
	var exponent int
	if i := bytes.IndexAny(mantissa, "eE"); i >= 0 {
		var err error
		exponent, err = strconv.Atoi(string(mantissa[i+1:]))
		if err != nil { // its digits are checked, so it is too large
			exponent = farExponent
		}
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := strings.TrimLeft(string(whole)+string(fraction), "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return 0, true
	}
	if exponent <= -farExponent || exponent >= farExponent {
		return 0, false
	}
	zeros := len(digits) - len(significant) + exponent - len(fraction)
	if zeros < 0 || zeros > mostDigits {
		return 0, false
	}
	text := significant + strings.Repeat("0", zeros)
	if negative {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
