package cedar

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxSchemaDepth is how deep a schema in JSON may be nested.
const maxSchemaDepth = 256

// checker holds policies, entities and calls against a schema. The package
// below is one that cedar-go calls experimental.
type checker struct {
	path      string
	resolved  *resolved.Schema
	validator *validate.Validator
}

// parseSchema reads a schema in Cedar's syntax or in JSON.
func parseSchema(f *file) (*checker, []Problem) {
	var s schema.Schema
	if f.kind == kindSchemaJSON {
		if err := strictjson.Valid(f.text, maxSchemaDepth); err != nil {
			return nil, []Problem{f.jsonProblem(err)}
		}
		if err := s.UnmarshalJSON(f.text); err != nil {
			return nil, []Problem{{Kind: ProblemSyntax, Path: f.path, Message: "this is no Cedar schema: " + err.Error()}}
		}
	} else {
		if !utf8.Valid(f.text) {
			return nil, []Problem{{Kind: ProblemSyntax, Path: f.path, Message: "the file is not valid UTF-8"}}
		}
		if offset, limit := oversized(string(f.text)); limit != "" {
			return nil, []Problem{f.at(offset, "the declaration has "+limit, "split it with common types")}
		}
		if err := s.UnmarshalCedar(f.text); err != nil {
			problem := parserProblem(f.path, err)
			problem.Message = strings.Replace(problem.Message, "this is no Cedar:", "this is no Cedar schema:", 1)
			return nil, []Problem{problem}
		}
	}
	r, err := s.Resolve()
	if err != nil {
		return nil, []Problem{{Kind: ProblemSyntax, Path: f.path, Message: "the schema does not hold together: " + err.Error()}}
	}
	return &checker{f.path, r, validate.New(r, validate.WithStrict())}, nil
}

// actions adds the schema's actions to the entities, where the groups of
// actions are looked up.
func (c *checker) actions(entities types.EntityMap, where map[types.EntityUID]string) []Problem {
	var problems []Problem
	for uid, action := range c.resolved.Actions {
		if first, ok := where[uid]; ok {
			problems = append(problems, Problem{Kind: ProblemSchema, Path: first, Message: fmt.Sprintf("%s is an entity here and an action in %s", uid, c.path), Hint: "leave it to the schema"})
			continue
		}
		entities[uid], where[uid] = action.Entity, c.path
	}
	return problems
}

// entities checks all entities but the schema's own actions.
func (c *checker) entities(entities types.EntityMap, where map[types.EntityUID]string) []Problem {
	var problems []Problem
	for uid, entity := range entities {
		if where[uid] == c.path {
			continue
		}
		if err := c.validator.Entity(entity); err != nil {
			problems = append(problems, Problem{Kind: ProblemSchema, Path: where[uid], Message: fmt.Sprintf("%s does not fit the schema %s: %v", uid, c.path, err)})
		}
	}
	return problems
}

// policy type-checks one policy, strictly, as AWS Verified Permissions does.
func (c *checker) policy(s *statement) []Problem {
	err := c.validator.Policy("", (*ast.Policy)(s.policy.AST()))
	if err == nil {
		return nil
	}
	position := s.policy.Position()
	return []Problem{{
		Kind: ProblemSchema, Path: position.Filename, Line: position.Line, Column: position.Column,
		Message: "the policy does not fit the schema " + c.path + ": " + strings.ReplaceAll(err.Error(), "\n", "; "),
	}}
}

// errSchema has no detail: the validator's words hold the values of the call.
var errSchema = errors.New("the call does not fit the schema: declare the workload, the resource and every member of the context of this action as they are")

// request checks a call.
func (c *checker) request(request types.Request) error {
	if err := c.validator.Request(request); err != nil {
		return fmt.Errorf("%s: %w", c.path, errSchema)
	}
	return nil
}
