package canon_test

import (
	"errors"
	"fmt"

	"github.com/kestgo/kest/runtime/canon"
)

type item struct {
	ID    int64             `json:"id"`
	Price float64           `json:"price"`
	Tags  map[string]string `json:"tags"`
}

// appendItem is like what the generator writes: members in canonical order,
// each by the function for its type.
func appendItem(b []byte, v *item) ([]byte, error) {
	var err error
	b = append(b, `{"id":`...)
	b = canon.AppendInt(b, v.ID)
	b = append(b, `,"price":`...)
	if b, err = canon.AppendFloat64(b, v.Price); err != nil {
		return b, canon.At(err, "Price")
	}
	b = append(b, `,"tags":`...)
	if b, err = canon.AppendMap(b, v.Tags, canon.AppendString); err != nil {
		return b, canon.At(err, "Tags")
	}
	return append(b, '}'), nil
}

func Example() {
	b, err := appendItem(nil, &item{ID: 9007199254740993, Price: 4.50, Tags: map[string]string{"b": "2", "a": "<1>"}})
	fmt.Printf("%s %v\n", b, err)

	_, err = appendItem(nil, &item{Tags: map[string]string{"name": "\xff"}})
	fmt.Println(canon.AtIndex(err, 2))
	// Output:
	// {"id":"9007199254740993","price":4.5,"tags":{"a":"<1>","b":"2"}} <nil>
	// [2].Tags[*]: invalid UTF-8: send text as UTF-8 and other bytes as base64
}

func ExampleTransform() {
	b, err := canon.Transform(nil, []byte(`{"z": 3.0, "a": 1, "m": "\u00e9"}`))
	fmt.Printf("%s %v\n", b, err)
	// Output: {"a":1,"m":"é","z":3} <nil>
}

func ExampleCheck() {
	fmt.Println(canon.Check([]byte(`{"a":1,"z":2}`), 16))
	err := canon.Check([]byte(`{"z":2,"a":1}`), 16)
	fmt.Println(errors.Is(err, canon.ErrNotCanonical))
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// not in canonical form (RFC 8785): canonicalize before signing, at byte 7
}
