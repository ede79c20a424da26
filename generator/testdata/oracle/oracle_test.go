package oracle

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/gowebpki/jcs"

	"github.com/kestgo/kest/runtime/canon"
)

const rounds = 300

func TestEqualsEncodingJSON(t *testing.T) {
	compare(t, "Basics", appendHashBasicsInput)
	compare(t, "Quoted", appendHashQuotedInput)
	compare(t, "OmitEmpty", appendHashOmitEmptyInput)
	compare(t, "OmitZero", appendHashOmitZeroInput)
	compare(t, "Tags", appendHashTagsInput)
	compare(t, "Embedding", appendHashEmbeddingInput)
	compare(t, "Shadow", appendHashShadowInput)
	compare(t, "Tie", appendHashTieInput)
	compare(t, "TagWins", appendHashTagWinsInput)
	compare(t, "Twice", appendHashTwiceInput)
	compare(t, "Tagged", appendHashTaggedInput)
	compare(t, "DeepPointers", appendHashDeepPointersInput)
	compare(t, "DeepPointersPointer", appendHashDeepPointersPointerInput)
	compare(t, "Cyclic", appendHashCyclicInput)
	compare(t, "EmbedsTime", appendHashEmbedsTimeInput)
	compare(t, "EmbedsForeign", appendHashEmbedsForeignInput)
	compare(t, "Methods", appendHashMethodsInput)
	compare(t, "MethodsPointer", appendHashMethodsPointerInput)
	compare(t, "MethodsSlice", appendHashMethodsSliceInput)
	compare(t, "MethodsMap", appendHashMethodsMapInput)
	compare(t, "MethodsArray", appendHashMethodsArrayInput)
	compare(t, "Std", appendHashStdInput)
	compare(t, "StdPointer", appendHashStdPointerInput)
	compare(t, "Composites", appendHashCompositesInput)
	compare(t, "Node", appendHashNodeInput)
	compare(t, "Tree", appendHashTreeInput)
	compare(t, "Forest", appendHashForestInput)
	compare(t, "Linked", appendHashLinkedInput)
	compare(t, "Alias", appendHashAliasInput)
	compare(t, "Variadic", appendHashVariadicInput)
	compare(t, "Any", appendHashAnyInput)
	compare(t, "Anonymous", appendHashAnonymousInput)
}

func TestTypeParameters(t *testing.T) {
	compare(t, "any string", appendHashAnyParamInput[string])
	compare(t, "any int", appendHashAnyParamInput[int])
	compare(t, "any byte", appendHashAnyParamInput[byte])
	compare(t, "any bytes", appendHashAnyParamInput[[]byte])
	compare(t, "any any", appendHashAnyParamInput[any])
	compare(t, "any time", appendHashAnyParamInput[time.Time])
	compare(t, "any number", appendHashAnyParamInput[json.Number])
	compare(t, "any text", appendHashAnyParamsInput[Text])
	compare(t, "any marshaler", appendHashAnyParamsInput[Temperature])
	compare(t, "any mixed", appendHashAnyParamsInput[Mixed])
	compare(t, "any byte with text", appendHashAnyParamsInput[ByteText])
	compare(t, "pair", appendHashPairInput[int, string])
	compare(t, "pair of any", appendHashPairInput[string, any])
	compare(t, "ordered strings", appendHashListInput[string])
	compare(t, "ordered bytes", appendHashListInput[byte])
	compare(t, "ordered floats", appendHashListInput[float32])
	compare(t, "ordered texts", appendHashListInput[TextInt])
	compare(t, "number cents", appendHashNumbersInput[Cents])
	compare(t, "number octets", appendHashNumbersInput[byte])
	compare(t, "number ratio", appendHashNumbersInput[Ratio])
	compare(t, "number kelvin", appendHashNumbersInput[Kelvin])
	compare(t, "number temperature", appendHashNumbersInput[Temperature])
	compare(t, "number uint32", appendHashNumbersInput[uint32])
	compare(t, "float32", appendHashFloatsInput[float32])
	compare(t, "float64", appendHashFloatsInput[float64])
	compare(t, "signed int8", appendHashSignedInput[int8])
	compare(t, "signed pointer text", appendHashSignedInput[PointerText])
	compare(t, "signed text", appendHashSignedInput[TextInt])
	compare(t, "string id", appendHashStringsInput[ID])
	compare(t, "string number", appendHashStringsInput[json.Number])
	compare(t, "string text", appendHashStringsInput[TextKind])
	compare(t, "string pointer", appendHashStringsPointerInput[json.Number])
	compare(t, "marshaler", appendHashMarshalerInput[Temperature])
	compare(t, "marshaler map", appendHashMarshalerInput[NilMap])
	compare(t, "core", appendHashCoreInput[[]Cents, Cents, map[TextKind][]Cents, TextKind])
	compare(t, "struct", appendHashStructInput[struct{ A, B string }, string])
	compare(t, "pointer to text", appendHashPointerCoreInput[*Text, Text])
	compare(t, "pointer to int", appendHashPointerCoreInput[*int, int])
	compare(t, "keys", appendHashKeysInput[uint16, int64, uint8])
	compare(t, "receiver", appendReceiverHashReceiverInput[Flag])
}

// TestTypeArgumentsRefused: what only reflection could tell is denied.
func TestTypeArgumentsRefused(t *testing.T) {
	for name, err := range map[string]error{
		"named":              second(appendHashAnyParamInput(nil, Param[ID]{})),
		"struct":             second(appendHashAnyParamInput(nil, Param[Plain]{})),
		"ordered and named":  second(appendHashListInput(nil, List[ID]{"a"})),
		"no ordered octets":  second(appendHashListInput(nil, List[Octet]{})),
		"octets":             second(appendHashNumbersInput(nil, Param[Octet]{L: []Octet{1}})),
		"no octets":          second(appendHashNumbersInput(nil, Param[Octet]{L: []Octet{}})),
		"key of a named int": second(appendHashPairInput(nil, &Pair[Cents, string]{Key: 1})),
	} {
		if !errors.Is(err, canon.ErrType) {
			t.Errorf("%s: got %v, want ErrType", name, err)
		}
	}
}

func second(_ []byte, err error) error { return err }

// compare fills values of the type at random and compares the bytes.
func compare[T any](t *testing.T, name string, write func([]byte, T) ([]byte, error)) {
	t.Run(name, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, uint64(len(name))))
		written := map[string]bool{}
		for range rounds {
			var v T
			fill(rnd, reflect.ValueOf(&v).Elem(), 0)
			marshaled, err := json.Marshal(map[string]any{"v": v})
			if err != nil {
				t.Fatalf("encoding/json: %v", err)
			}
			want, err := jcs.Transform(marshaled)
			if err != nil {
				t.Fatalf("jcs: %v\n%s", err, marshaled)
			}
			got, err := write(nil, v)
			if err != nil {
				t.Fatalf("%v\n%s", err, want)
			}
			if string(got) != string(want) {
				t.Fatalf("\n got %s\nwant %s", got, want)
			}
			written[string(got)] = true
		}
		if len(written) < 2 && name != "Twice" && name != "Linked" {
			t.Error("all random values were alike")
		}
	})
}

// fill sets a value, unexported fields included.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if !v.CanSet() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		if r.IntN(4) > 0 {
			*p = time.Unix(r.Int64N(4e9), r.Int64N(1e9)).In(time.FixedZone("", r.IntN(86400/60)*60-43200))
		}
		return
	case *json.Number:
		*p = json.Number([]string{"", "0", "-1.5e3", "12345", "1E2"}[r.IntN(5)])
		return
	case *json.RawMessage:
		if r.IntN(4) > 0 {
			*p = json.RawMessage([]string{`{"b":1, "a":[ ]}`, `"<x>"`, ` null`, `-0.0`}[r.IntN(4)])
		}
		return
	case *netip.Addr:
		if r.IntN(3) > 0 {
			*p = netip.AddrFrom4([4]byte{1, 2, 3, byte(r.IntN(256))})
		}
		return
	case *url.URL:
		*p = url.URL{Host: text(r), Path: text(r)}
		return
	case *big.Int:
		p.SetInt64(r.Int64N(1<<53) - 1<<52)
		return
	case *big.Float:
		p.SetFloat64(r.NormFloat64())
		return
	case *big.Rat:
		p.SetFrac64(r.Int64N(1000), 1+r.Int64N(1000))
		return
	case *json.Marshaler:
		if r.IntN(2) > 0 {
			*p = Temperature(r.IntN(100))
		}
		return
	case *any:
		*p = anything(r, depth)
		return
	}
	zero := r.IntN(4) == 0
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := r.Int64N(1<<54-1) - (1<<53 - 1)
		n >>= r.IntN(54)
		if zero {
			n = 0
		}
		v.SetInt(n)
		if v.OverflowInt(n) {
			v.SetInt(int64(int8(n)))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		n := r.Uint64N(1<<53) >> r.IntN(54)
		if zero {
			n = 0
		}
		v.SetUint(n)
	case reflect.Float32:
		v.SetFloat(float64(float(r, zero, float64(math.Float32frombits(r.Uint32())))))
	case reflect.Float64:
		v.SetFloat(float(r, zero, math.Float64frombits(r.Uint64())))
	case reflect.String:
		v.SetString(text(r))
	case reflect.Pointer:
		if zero || depth > 4 || r.IntN(depth+1) > 1 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth+1)
	case reflect.Slice:
		if zero || depth > 4 {
			return
		}
		n := r.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth)
		}
	case reflect.Map:
		if zero || depth > 4 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, depth+1)
			fill(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if zero && depth > 0 {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				fill(r, v.Field(i), depth+1)
			}
		}
	}
}

func float(r *rand.Rand, zero bool, f float64) float64 {
	if zero {
		return 0
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || r.IntN(2) == 0 {
		return float64(r.IntN(2000)-1000) / 8
	}
	return f
}

var texts = []string{"", "a", "é", "<&>", "\u2028\u2029", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "😀", "\ue000", "zz", "0"}

func text(r *rand.Rand) string {
	s := ""
	for range r.IntN(4) {
		s += texts[r.IntN(len(texts))]
	}
	return s
}

func anything(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return float(r, false, math.Float64frombits(r.Uint64()))
	case n == 3 && depth < 4:
		list := []any{}
		for range r.IntN(3) {
			list = append(list, anything(r, depth+1))
		}
		return list
	case n == 4 && depth < 4:
		m := map[string]any{}
		for range r.IntN(3) {
			m[text(r)] = anything(r, depth+1)
		}
		return m
	case n == 5:
		return json.Number(strconv.Itoa(r.IntN(1000)))
	}
	return text(r)
}

func TestOutputs(t *testing.T) {
	line := Line{SKU: "x", Price: 1.5}
	for _, test := range []struct {
		want  string
		write func() ([]byte, error)
	}{
		{`"hello"`, func() ([]byte, error) { return appendOutStringOutput(nil, "hello") }},
		{`[{"price":1.5,"sku":"x"},[1]]`, func() ([]byte, error) { return appendOutTwoOutput(nil, line, []int{1}) }},
		{`{"line":{"price":1.5,"sku":"x"},"n":7}`, func() ([]byte, error) { return appendOutNamedOutput(nil, line, 7) }},
	} {
		got, err := test.write()
		if err != nil || string(got) != test.want {
			t.Errorf("got %s, %v, want %s", got, err, test.want)
		}
	}
}

// TestCycle: what contains itself is refused (encoding/json gives up as well).
func TestCycle(t *testing.T) {
	node := &Node{}
	node.Next = node
	if _, err := appendHashNodeInput(nil, *node); !errors.Is(err, canon.ErrDepth) {
		t.Errorf("got %v, want ErrDepth", err)
	}
	forest := Forest{}
	forest["x"] = forest
	if _, err := appendHashForestInput(nil, forest); !errors.Is(err, canon.ErrDepth) {
		t.Errorf("got %v, want ErrDepth", err)
	}
}

// TestRefusals: the error says where the value is.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		write func() ([]byte, error)
		want  error
		path  string
	}{
		{func() ([]byte, error) { return appendHashBasicsInput(nil, Basics{F64: math.NaN()}) }, canon.ErrNumber, "v.F64"},
		{func() ([]byte, error) { return appendHashBasicsInput(nil, Basics{F32: float32(math.Inf(1))}) }, canon.ErrNumber, "v.F32"},
		{func() ([]byte, error) { return appendHashBasicsInput(nil, Basics{ID: "\xff"}) }, canon.ErrUTF8, "v.ID"},
		{func() ([]byte, error) {
			return appendHashCompositesInput(nil, Composites{ML: map[string][]Line{"a": {{}, {SKU: "\xff"}}}})
		}, canon.ErrUTF8, "v.ML[*][1].SKU"},
		{func() ([]byte, error) { return appendHashStdInput(nil, Std{Any: make(chan int)}) }, canon.ErrType, "v.Any"},
		{func() ([]byte, error) { return appendHashStdInput(nil, Std{N: "x"}) }, canon.ErrNumber, "v.N"},
		{func() ([]byte, error) { return appendHashStdInput(nil, Std{R: json.RawMessage("{")}) }, canon.ErrSyntax, "v.R"},
	} {
		_, err := test.write()
		var path *canon.PathError
		if !errors.Is(err, test.want) || !errors.As(err, &path) || path.Path != test.path {
			t.Errorf("got %v, want %v at %s", err, test.want, test.path)
		}
	}
}

// TestBigIntegers is the one exception of PROTOCOL §4.
func TestBigIntegers(t *testing.T) {
	got, err := appendHashBasicsInput(nil, Basics{I64: 1<<53 + 1, U64: math.MaxUint64, I: 1<<53 - 1})
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ V map[string]any }
	if err := json.Unmarshal(got, &read); err != nil {
		t.Fatal(err)
	}
	if read.V["I64"] != "9007199254740993" || read.V["U64"] != "18446744073709551615" || read.V["I"] != float64(1<<53-1) {
		t.Errorf("got %s", got)
	}
}
