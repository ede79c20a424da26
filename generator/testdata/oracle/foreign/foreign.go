// Package foreign has types that another package hashes.
package foreign

type Public struct {
	Name string `json:"name"`
	secret
	mu int
}

type secret struct{ Promoted int }

type Point struct{ X, Y int }

// Config has a field of a type that only this package can name.
type Config struct {
	Inner inner `json:"inner"`
	List  []inner
	Ptr   *inner
}

type inner struct {
	V int
	W string `json:"w,omitempty"`
}

type Indirect = inner
