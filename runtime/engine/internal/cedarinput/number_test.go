package cedarinput_test

import (
	"math/big"
	"strings"
)

// sameNumber compares with exact arithmetic. Exponents that would take the
// memory of the machine can only belong to a zero.
func sameNumber(text string, got int64) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(strings.TrimLeft(exponent, "+-0")) > 5 {
		return got == 0 && strings.Trim(mantissa, "-0.") == ""
	}
	want, ok := new(big.Rat).SetString(text)
	return ok && want.Cmp(new(big.Rat).SetInt64(got)) == 0
}
