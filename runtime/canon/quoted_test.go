package canon

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

type tagged struct {
	V1 int64       `json:"v1,string"`
	V2 uint64      `json:"v2,string"`
	V3 float64     `json:"v3,string"`
	V4 float32     `json:"v4,string"`
	V5 bool        `json:"v5,string"`
	V6 string      `json:"v6,string"`
	V7 json.Number `json:"v7,string"`
}

// append is what the generator writes for the type.
func (v tagged) append(b []byte) ([]byte, error) {
	var err error
	b = AppendIntString(append(b, `{"v1":`...), v.V1)
	b = AppendUintString(append(b, `,"v2":`...), v.V2)
	if b, err = AppendFloat64String(append(b, `,"v3":`...), v.V3); err != nil {
		return b, At(err, "V3")
	}
	if b, err = AppendFloat32String(append(b, `,"v4":`...), v.V4); err != nil {
		return b, At(err, "V4")
	}
	b = AppendBoolString(append(b, `,"v5":`...), v.V5)
	if b, err = AppendStringString(append(b, `,"v6":`...), v.V6); err != nil {
		return b, At(err, "V6")
	}
	if b, err = AppendNumberString(append(b, `,"v7":`...), v.V7); err != nil {
		return b, At(err, "V7")
	}
	return append(b, '}'), nil
}

func TestStringOption(t *testing.T) {
	r := randomSource(t)
	for i := range 5000 {
		v := tagged{r.Int64(), r.Uint64(), randomFloat(r), float32(r.NormFloat64()), i%2 == 0, randomString(r), json.Number([]string{"", "-0", "1.50", "12345678901234567890"}[i%4])}
		if i == 0 {
			v = tagged{V1: math.MinInt64, V2: math.MaxUint64, V3: math.Copysign(0, -1), V4: float32(math.Copysign(0, -1))}
		}
		got, err := v.append(nil)
		if want := oracle(t, v); err != nil || string(got) != want {
			t.Fatalf("%+v:\n got %s, %v\nwant %s", v, got, err, want)
		}
	}
}

func TestStringOptionRefuses(t *testing.T) {
	for _, c := range []struct {
		write  func([]byte) ([]byte, error)
		reason error
	}{
		{func(b []byte) ([]byte, error) { return AppendFloat64String(b, math.NaN()) }, ErrNumber},
		{func(b []byte) ([]byte, error) { return AppendFloat32String(b, float32(math.Inf(1))) }, ErrNumber},
		{func(b []byte) ([]byte, error) { return AppendNumberString(b, "1x") }, ErrNumber},
		{func(b []byte) ([]byte, error) { return AppendStringString(b, "\xff") }, ErrUTF8},
	} {
		if got, err := c.write([]byte("x")); !errors.Is(err, c.reason) || string(got) != "x" {
			t.Errorf("%s, %v; want %v", got, err, c.reason)
		}
	}
}
