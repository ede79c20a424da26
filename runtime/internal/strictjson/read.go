package strictjson

import "strconv"

// Members calls f for each member of the object, in the order of the text,
// with its name unescaped and its value as a slice of object, without white
// space around it. It checks all of object as [Valid] does, at most [MaxDepth]
// deep, but as it goes: what f was given counts only once Members has returned
// nil, since the error, such as a second member of one name, may come later.
// An error of f ends the walk and is returned as it is. A JSON value that is
// no object is [ErrKind].
func Members(object []byte, f func(name string, value []byte) error) error {
	s := newScanner()
	i := SkipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return notOfKind(object, i)
	}
	i, more := inside(object, i, '}')
	for more {
		start, end, err := s.member(object, i, MaxDepth-1)
		if err != nil {
			return err
		}
		if err := f(string(s.names[len(s.names)-1].text), object[start:end:end]); err != nil {
			return err
		}
		if i, more, err = Following(object, end, '}'); err != nil {
			return err
		}
	}
	if err := distinct(s.names); err != nil {
		return err
	}
	return atEnd(object, i)
}

// Elements calls f for each element of the array, in order, with its value as
// a slice of array, without white space around it. Checks and errors are those
// of [Members].
func Elements(array []byte, f func(value []byte) error) error {
	s := newScanner()
	i := SkipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return notOfKind(array, i)
	}
	i, more := inside(array, i, ']')
	for more {
		end, err := s.value(array, i, MaxDepth-1)
		if err != nil {
			return err
		}
		if err := f(array[i:end:end]); err != nil {
			return err
		}
		if i, more, err = Following(array, end, ']'); err != nil {
			return err
		}
	}
	return atEnd(array, i)
}

// Strings is [Elements] for an array of strings. It reads nothing else, so an
// array of other values ends it at the first one.
func Strings(array []byte, f func(text string) error) error {
	i := SkipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return notOfKind(array, i)
	}
	i, more := inside(array, i, ']')
	for more {
		if i < len(array) && array[i] != '"' {
			return notOfKind(array, i)
		}
		end, escaped, err := ScanString(array, i)
		if err != nil {
			return err
		}
		text := array[i+1 : end-1]
		if escaped {
			text = AppendUnescaped(nil, text)
		}
		if err := f(string(text)); err != nil {
			return err
		}
		if i, more, err = Following(array, end, ']'); err != nil {
			return err
		}
	}
	return atEnd(array, i)
}

// notOfKind tells a value of another kind, which starts at b[i], from a text
// that is no value.
func notOfKind(b []byte, i int) error {
	if err := Valid(b, MaxDepth); err != nil {
		return err
	}
	return fail(i, ErrKind)
}

// Unquote returns the text of value, which must be one JSON string with no
// white space around it. Another JSON value is [ErrKind].
func Unquote(value []byte) (string, error) {
	if len(value) == 0 || value[0] != '"' {
		return "", notOfKind(value, 0)
	}
	end, escaped, err := ScanString(value, 0)
	if err != nil {
		return "", err
	}
	if end != len(value) {
		return "", fail(end, ErrSyntax)
	}
	text := value[1 : end-1]
	if escaped {
		text = AppendUnescaped(nil, text)
	}
	return string(text), nil
}

// Integer returns the number that value is, which must be written as an
// integer, with neither fraction nor exponent, and fit 64 bits. Another JSON
// value is [ErrKind].
func Integer(value []byte) (int64, error) {
	end, integer, err := ScanNumber(value, 0)
	if err != nil || end != len(value) {
		return 0, notOfKind(value, 0)
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if !integer || err != nil {
		return 0, fail(0, ErrKind)
	}
	return n, nil
}
