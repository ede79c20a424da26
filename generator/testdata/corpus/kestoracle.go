// Package kestoracle compares what generated code writes with encoding/json, for
// functions of any package.
package kestoracle

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/kestgo/kest/runtime/canon"
)

const rounds = 40

// A Case is a generated function and the names of its values.
type Case struct {
	Name  string
	Names []string
	Write any // func(b []byte, values …) ([]byte, error)
}

// Compare fills the values at random. Those that encoding/json or JCS has no
// form for are passed over.
func Compare(t *testing.T, cases []Case) {
	compared, withValues := 0, 0
	for _, c := range cases {
		rnd := rand.New(rand.NewPCG(1, uint64(len(c.Name))))
		write := reflect.ValueOf(c.Write)
		if write.Type().NumIn() != len(c.Names)+1 {
			t.Errorf("%s has %d parameters, want %v", c.Name, write.Type().NumIn(), c.Names)
			continue
		}
		equal := 0
		for range rounds {
			args := []reflect.Value{reflect.ValueOf([]byte(nil))}
			values := map[string]any{}
			for i, name := range c.Names {
				v := reflect.New(write.Type().In(i + 1)).Elem()
				fill(rnd, v, 0)
				args = append(args, v)
				values[name] = v.Interface()
			}
			want, err := oracle(values)
			if err != nil {
				continue
			}
			got, err := call(write, args)
			if errors.Is(err, canon.ErrType) {
				continue // held by an interface
			}
			if err != nil || got != want {
				t.Errorf("%s:\n got %s, %v\nwant %s", c.Name, got, err, want)
				break
			}
			equal++
		}
		if equal > 0 {
			compared++
			if len(c.Names) > 0 {
				withValues++
			}
		}
	}
	t.Logf("compared %d of %d, %d of them with parameters", compared, len(cases), withValues)
}

func oracle(values map[string]any) (text string, err error) {
	defer func() {
		if recover() != nil { // a method that is not made for such values
			err = errors.New("panic")
		}
	}()
	marshaled, err := json.Marshal(values)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(marshaled)
	return string(canonical), err
}

func call(write reflect.Value, args []reflect.Value) (text string, err error) {
	results := write.Call(args)
	err, _ = results[1].Interface().(error)
	return string(results[0].Bytes()), err
}

// fill sets a value and its exported fields.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()
		return
	case *json.Number:
		*p = "12.5"
		return
	case *json.RawMessage:
		*p = json.RawMessage(`{"b": 1, "a": [ ]}`)
		return
	case *any:
		*p = []any{nil, true, "x<>", 1.5, map[string]any{"b": 1, "a": []any{}}}[r.IntN(5)]
		return
	}
	if depth > 5 || r.IntN(5) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.String:
		v.SetString(strings.Repeat([]string{"a", "é", "<&>", "\u2028", "😀", "\"\\\n", "Z"}[r.IntN(7)], r.IntN(3)))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(200) - 100)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(r.Uint64N(200))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, depth+1)
			fill(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i), depth+1)
			}
		}
	}
}
