package opa

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// errNoResult is for an answer without the first member of the decision path.
// OPA answers {} for a document that no package and no data defines.
var errNoResult = errors.New("its answer has no result")

// decide finds the decision in an answer. A member missing below the first is
// a rule that is undefined, so a denial.
func decide(answer []byte, path []string) (bool, error) {
	value := answer
	for i, name := range path {
		var found []byte
		err := strictjson.Members(value, func(member string, v []byte) error {
			if member == name {
				found = v
			}
			return nil
		})
		switch {
		case errors.Is(err, strictjson.ErrKind) && i > 0:
			return false, fmt.Errorf("%s in the answer is not an object, so it has no %s: query the policy's package", strings.Join(path[:i], "."), name)
		case err != nil:
			return false, fmt.Errorf("the answer is not one JSON object: %w", err)
		case found == nil && i == 0:
			return false, errNoResult
		case found == nil:
			return false, nil
		}
		value = found
	}
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s in the answer is %s: it must be true or false", strings.Join(path, "."), kind(value))
}

// kind names the kind of a JSON value. Not the value: it may be the input's.
func kind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 'n':
		return "null"
	}
	return "a number"
}
