package rego

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxDepth is how many arrays and objects of the attributes may be open at
// once. It bounds the recursion here and in the evaluator.
const maxDepth = 64

// errRange is for a number that no double holds. Canonical JSON has none; OPA's
// arithmetic, which is exact, would take it and work on a number of 10^9 digits.
var errRange = errors.New("a number beyond the range of a double: RFC 8785 has none")

// objectTerm makes a term of a JSON object. It is strict as strictjson is: no
// member twice, valid UTF-8, nothing behind the object. Numbers keep their
// text, so that none is rounded.
func objectTerm(b []byte) (*ast.Term, error) {
	if string(b) == "{}" {
		return ast.InternedEmptyObject, nil
	}
	i := strictjson.SkipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return nil, errors.New("they are not a JSON object: write {} when there are none")
	}
	r := valueReader{b}
	term, end, err := r.object(i, maxDepth)
	if err != nil {
		return nil, err
	}
	if end = strictjson.SkipSpace(b, end); end != len(b) {
		return nil, r.fail(end, strictjson.ErrSyntax)
	}
	return term, nil
}

// valueReader makes terms of one JSON text by recursive descent. Its methods
// take the index where a value starts and return the one behind it.
type valueReader struct{ b []byte }

func (r valueReader) fail(i int, reason error) error {
	return &strictjson.Error{Offset: i, Err: reason}
}

func (r valueReader) value(i, depth int) (*ast.Term, int, error) {
	if i >= len(r.b) {
		return nil, i, r.fail(i, strictjson.ErrSyntax)
	}
	switch r.b[i] {
	case '{':
		return r.object(i, depth)
	case '[':
		return r.array(i, depth)
	case '"':
		text, end, err := r.text(i)
		if err != nil {
			return nil, end, err
		}
		return ast.InternedTerm(text), end, nil
	case 't', 'f', 'n':
		return r.literal(i)
	}
	return r.number(i)
}

func (r valueReader) object(i, depth int) (*ast.Term, int, error) {
	if depth == 0 {
		return nil, i, r.fail(i, strictjson.ErrDepth)
	}
	if i = strictjson.SkipSpace(r.b, i+1); i < len(r.b) && r.b[i] == '}' {
		return ast.InternedEmptyObject, i + 1, nil
	}
	object := ast.NewObject()
	for more := true; more; {
		key, value, end, err := r.member(i, depth-1)
		if err != nil {
			return nil, end, err
		}
		if object.Get(key) != nil {
			return nil, i, r.fail(i, strictjson.ErrDuplicate)
		}
		object.Insert(key, value)
		if i, more, err = strictjson.Following(r.b, end, '}'); err != nil {
			return nil, i, err
		}
	}
	return ast.NewTerm(object), i, nil
}

func (r valueReader) member(i, depth int) (key, value *ast.Term, end int, err error) {
	name, colon, err := r.text(i)
	if err != nil {
		return nil, nil, colon, err
	}
	colon = strictjson.SkipSpace(r.b, colon)
	if colon >= len(r.b) || r.b[colon] != ':' {
		return nil, nil, colon, r.fail(colon, strictjson.ErrSyntax)
	}
	value, end, err = r.value(strictjson.SkipSpace(r.b, colon+1), depth)
	return ast.InternedTerm(name), value, end, err
}

func (r valueReader) array(i, depth int) (*ast.Term, int, error) {
	if depth == 0 {
		return nil, i, r.fail(i, strictjson.ErrDepth)
	}
	if i = strictjson.SkipSpace(r.b, i+1); i < len(r.b) && r.b[i] == ']' {
		return ast.InternedEmptyArray, i + 1, nil
	}
	var elements []*ast.Term
	for more := true; more; {
		element, end, err := r.value(i, depth-1)
		if err != nil {
			return nil, end, err
		}
		elements = append(elements, element)
		if i, more, err = strictjson.Following(r.b, end, ']'); err != nil {
			return nil, i, err
		}
	}
	return ast.ArrayTerm(elements...), i, nil
}

func (r valueReader) text(i int) (string, int, error) {
	end, escaped, err := strictjson.ScanString(r.b, i)
	if err != nil {
		return "", end, err
	}
	text := r.b[i+1 : end-1]
	if escaped {
		text = strictjson.AppendUnescaped(nil, text)
	}
	return string(text), end, nil
}

func (r valueReader) literal(i int) (*ast.Term, int, error) {
	end, err := strictjson.ScanLiteral(r.b, i)
	if err != nil {
		return nil, end, err
	}
	switch r.b[i] {
	case 't':
		return ast.InternedBooleanTrue, end, nil
	case 'f':
		return ast.InternedBooleanFalse, end, nil
	}
	return ast.InternedNullTerm, end, nil
}

// inRange says whether a double holds the number, or one near it. ParseFloat makes
// zero of what is too small, and of zero with any exponent.
func inRange(text string) bool {
	const longestExponent = len("e-324")
	if at := strings.IndexAny(text, "eE"); at >= 0 && len(text)-at > longestExponent {
		return false
	}
	value, err := strconv.ParseFloat(text, 64)
	return err == nil && (value != 0 || !strings.ContainsAny(strings.SplitN(strings.ToLower(text), "e", 2)[0], "123456789"))
}

func (r valueReader) number(i int) (*ast.Term, int, error) {
	end, _, err := strictjson.ScanNumber(r.b, i)
	if err != nil {
		return nil, end, err
	}
	text := string(r.b[i:end])
	if !inRange(text) {
		return nil, i, fmt.Errorf("at byte %d: %w", i, errRange)
	}
	return ast.NewTerm(ast.Number(text)), end, nil
}
