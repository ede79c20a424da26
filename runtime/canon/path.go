package canon

import "strconv"

// PathError says which part of a value was refused.
type PathError struct {
	// Path leads from the value to the part: "Items[2].Price". The key of a
	// map is argument data, which must not reach logs, so it stays unnamed:
	// "Labels[*]".
	Path string
	Err  error // the reason
}

func (e *PathError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the reason, for errors.Is.
func (e *PathError) Unwrap() error { return e.Err }

// At returns err with the field name put before its path, as a [*PathError],
// and nil if err is nil. Generated code calls it on the way out of a field that
// failed, so that a path costs nothing while all goes well.
func At(err error, name string) error { return prepend(err, name) }

// AtIndex is [At] for the element i of an array or slice.
func AtIndex(err error, i int) error { return prepend(err, "["+strconv.Itoa(i)+"]") }

// AtKey is [At] for a value or key of a map. It does not say of which one.
func AtKey(err error) error { return prepend(err, "[*]") }

func prepend(err error, step string) error {
	if err == nil {
		return nil
	}
	// Only an error that is a PathError itself is unpacked: from one further
	// in, say in the error of a MarshalJSON, what wraps it would be lost.
	inner, ok := err.(*PathError)
	if !ok {
		return &PathError{Path: step, Err: err}
	}
	if inner.Path != "" && inner.Path[0] != '[' {
		step += "."
	}
	return &PathError{Path: step + inner.Path, Err: inner.Err}
}
