package canon

import (
	"errors"
	"math"
	"net/netip"
	"testing"
	"time"
)

type (
	point   struct{ X, Y float64 }
	octet   byte
	byText  byte
	byPoint int // MarshalText on pointers
)

func (p point) MarshalText() ([]byte, error) {
	if p.X < 0 {
		return nil, errMethod
	}
	if math.IsNaN(p.X) {
		return []byte("nan"), nil
	}
	return []byte{'p', 'a' + byte(p.X)}, nil
}

func (b byText) MarshalText() ([]byte, error)   { return []byte{'t', 'a' + byte(b)%26}, nil }
func (b *byPoint) MarshalText() ([]byte, error) { return []byte{'p', 'a' + byte(*b)%26}, nil }

func asIs(b []byte, v int) ([]byte, error) { return AppendInt(b, int64(v)), nil }

func TestAppendTextMapEqualsOracle(t *testing.T) {
	for _, m := range []map[netip.Addr]int{nil, {}, {netip.Addr{}: 1, netip.MustParseAddr("::1"): 2, netip.MustParseAddr("10.0.0.1"): 3}} {
		if got, err := AppendTextMap(nil, m, asIs); err != nil || string(got) != oracle(t, m) {
			t.Errorf("%v: %s, %v; want %s", m, got, err, oracle(t, m))
		}
	}
	// A key that is not equal to itself keeps its value.
	m := map[point]int{{X: math.NaN()}: 7, {X: 1}: 2}
	if got, err := AppendTextMap(nil, m, asIs); err != nil || string(got) != oracle(t, m) {
		t.Errorf("%s, %v; want %s", got, err, oracle(t, m))
	}
}

func TestAppendTextMapRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		m      map[point]int
		reason error
	}{
		"one text twice": {map[point]int{{1, 1}: 1, {1, 2}: 2}, ErrDuplicate},
		"method fails":   {map[point]int{{X: -1}: 1}, errMethod},
		"not UTF-8":      {map[point]int{{X: 0xff - 'a'}: 1}, ErrUTF8},
	} {
		got, err := AppendTextMap([]byte("x"), c.m, asIs)
		var path *PathError
		if !errors.Is(err, c.reason) || !errors.As(err, &path) || path.Path != "[*]" || string(got) != "x" {
			t.Errorf("%s: %s, %v; want %v", name, got, err, c.reason)
		}
	}
}

func TestAppendAnyMap(t *testing.T) {
	equals(t, map[string]int{"b": 1, "a": 2})
	equals(t, map[int]int{10: 1, 9: 2, -1: 3})
	equals(t, map[uint64]int{1 << 63: 1, 1<<63 + 1: 2, 0: 3})
	equals(t, map[int8]int(nil))
	for _, err := range []error{
		second(AppendAnyMap(nil, map[level]int{1: 1}, asIs)),
		second(AppendAnyMap(nil, map[bool]int{true: 1}, asIs)),
		second(AppendAnyMap(nil, map[point]int{{}: 1}, asIs)),
	} {
		if !errors.Is(err, ErrType) {
			t.Errorf("got %v, want ErrType", err)
		}
	}
	mixed := map[any]int{1: 1, "1": 2}
	if _, err := AppendAnyMap(nil, mixed, asIs); !errors.Is(err, ErrDuplicate) {
		t.Errorf("got %v, want ErrDuplicate", err)
	}
}

func equals[K comparable](t *testing.T, m map[K]int) {
	t.Helper()
	if got, err := AppendAnyMap(nil, m, asIs); err != nil || string(got) != oracle(t, m) {
		t.Errorf("%v: %s, %v; want %s", m, got, err, oracle(t, m))
	}
}

func second(_ []byte, err error) error { return err }

func TestAppendElementsEqualsOracle(t *testing.T) {
	elements(t, []string{"b", "a"}, nil, []string{})
	elements(t, []byte("abc"), nil, []byte{})
	elements(t, []byText{1, 2}, nil, []byText{})
	elements(t, []byPoint{1, 2}, nil, []byPoint{})
	elements(t, []time.Time{{}, time.Unix(1, 0).UTC()}, nil, []time.Time{})
	elements(t, []any{1, "a", nil}, nil, []any{})
	elements(t, [][]string{{"a"}, nil}, nil, [][]string{})
	elements(t, []*time.Time{nil, new(time.Time)}, nil, []*time.Time{})
}

func elements[S ~[]E, E any](t *testing.T, values ...S) {
	t.Helper()
	for _, v := range values {
		if got, err := AppendElements(nil, v); err != nil || string(got) != oracle(t, v) {
			t.Errorf("%v: %s, %v; want %s", v, got, err, oracle(t, v))
		}
	}
}

// Nothing is written for types whose kind would matter.
func TestAppendElementsRefuses(t *testing.T) {
	for name, err := range map[string]error{
		"named bytes":       second(AppendElements(nil, []octet{1})),
		"no named bytes":    second(AppendElements(nil, []octet{})),
		"structs":           second(AppendElements(nil, []struct{}{{}})),
		"no structs":        second(AppendElements(nil, []struct{}{})),
		"in an interface":   second(AppendElements(nil, []any{octet(1)})),
		"a pointer to such": second(AppendElement(nil, new(octet))),
	} {
		if !errors.Is(err, ErrType) {
			t.Errorf("%s: got %v, want ErrType", name, err)
		}
	}
}
