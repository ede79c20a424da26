package cedar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxEntityDepth is how deep the values of an entity may be nested.
const maxEntityDepth = 64

// parseEntities reads a file of entities into the map; where holds the file of
// each entity that is in it already.
func parseEntities(f *file, entities types.EntityMap, where map[types.EntityUID]string) []Problem {
	if err := strictjson.Valid(f.text, maxEntityDepth); err != nil {
		return []Problem{f.jsonProblem(err)}
	}
	var problems []Problem
	end := 0 // of the element before
	err := strictjson.Elements(f.text, func(value []byte) error {
		var entity types.Entity
		offset := end + bytes.Index(f.text[end:], value) // behind white space and a comma
		end = offset + len(value)
		if err := json.Unmarshal(value, &entity); err != nil {
			problems = append(problems, f.at(offset, "this is no entity: "+err.Error(), ""))
			return nil
		}
		if first, ok := where[entity.UID]; ok {
			problems = append(problems, f.at(offset, fmt.Sprintf("there is a second entity %s", entity.UID), "the first is in "+first))
			return nil
		}
		entities[entity.UID], where[entity.UID] = entity, f.path
		return nil
	})
	if err != nil {
		problems = append(problems, Problem{Kind: ProblemSyntax, Path: f.path, Line: 1, Column: 1, Message: "the file is not a JSON array of entities"})
	}
	return problems
}

func (f *file) jsonProblem(err error) Problem {
	var at *strictjson.Error
	if errors.As(err, &at) {
		return f.at(at.Offset, at.Err.Error(), "")
	}
	return Problem{Kind: ProblemSyntax, Path: f.path, Message: err.Error()}
}
