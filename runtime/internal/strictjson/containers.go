package strictjson

import (
	"bytes"
	"slices"
)

// object checks the object that starts at b[i] and returns where it ends.
func (s *scanner) object(b []byte, i, depth int) (int, error) {
	if depth <= 0 {
		return i, fail(i, ErrDepth)
	}
	base := len(s.names)
	i, more := inside(b, i, '}')
	for more {
		_, end, err := s.member(b, i, depth-1)
		if err != nil {
			return end, err
		}
		if i, more, err = Following(b, end, '}'); err != nil {
			return i, err
		}
	}
	err := distinct(s.names[base:])
	s.names = s.names[:base]
	return i, err
}

// member checks `"name": value`, which starts at b[i], and adds the name to
// those of the innermost object. The value is b[start:end].
func (s *scanner) member(b []byte, i, depth int) (start, end int, err error) {
	colon, escaped, err := ScanString(b, i)
	if err != nil {
		return 0, colon, err
	}
	key := name{text: b[i+1 : colon-1], offset: i}
	if escaped {
		key.text = AppendUnescaped(nil, key.text)
	}
	s.names = append(s.names, key)
	colon = SkipSpace(b, colon)
	if colon >= len(b) || b[colon] != ':' {
		return 0, colon, fail(colon, ErrSyntax)
	}
	start = SkipSpace(b, colon+1)
	end, err = s.value(b, start, depth)
	return start, end, err
}

// array checks the array that starts at b[i] and returns where it ends.
func (s *scanner) array(b []byte, i, depth int) (int, error) {
	if depth <= 0 {
		return i, fail(i, ErrDepth)
	}
	i, more := inside(b, i, ']')
	for more {
		end, err := s.value(b, i, depth-1)
		if err != nil {
			return end, err
		}
		if i, more, err = Following(b, end, ']'); err != nil {
			return i, err
		}
	}
	return i, nil
}

// inside steps over the opening bracket b[i]. more says whether a member or
// element should start at next; if not, next is behind the closing bracket.
func inside(b []byte, i int, closing byte) (next int, more bool) {
	i = SkipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1, false
	}
	return i, true
}

// Following reads what stands after a member or element that ends at b[i]: a
// comma, then more is true and i is where the next one starts, or the closing
// bracket, then i is behind it.
func Following(b []byte, i int, closing byte) (next int, more bool, err error) {
	i = SkipSpace(b, i)
	switch {
	case i < len(b) && b[i] == ',':
		return SkipSpace(b, i+1), true, nil
	case i < len(b) && b[i] == closing:
		return i + 1, false, nil
	}
	return i, false, fail(i, ErrSyntax)
}

// distinct refuses names of which two are equal. Names in ascending order are
// all different, so a canonical text needs no sorting; others are sorted, since
// comparing each with each would let a large object cost quadratic time.
func distinct(names []name) error {
	compare := func(a, b name) int { return bytes.Compare(a.text, b.text) }
	ascending := true
	for i := 1; i < len(names) && ascending; i++ {
		ascending = compare(names[i-1], names[i]) < 0
	}
	if ascending {
		return nil
	}
	slices.SortFunc(names, compare)
	for i := 1; i < len(names); i++ {
		if compare(names[i-1], names[i]) == 0 {
			return fail(max(names[i-1].offset, names[i].offset), ErrDuplicate)
		}
	}
	return nil
}
