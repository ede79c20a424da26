package cedar

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// statement is one permit or forbid.
type statement struct {
	id     cedar.PolicyID // path#annotation or path#number
	policy *cedar.Policy
	scope  actionScope
	needs  needs
}

// actionScope is which actions a statement is about.
type actionScope struct {
	all   bool              // it does not say
	is    []types.EntityUID // action == …
	below []types.EntityUID // action in …, these or what has them above it
}

// parsePolicies reads the statements of one file.
func parsePolicies(f *file) ([]statement, []Problem) {
	if !utf8.Valid(f.text) {
		return nil, []Problem{{Kind: ProblemSyntax, Path: f.path, Message: "the file is not valid UTF-8"}}
	}
	if offset, limit := oversized(string(f.text)); limit != "" {
		return nil, []Problem{f.at(offset, "the policy has "+limit, "split it, or move lists into entities.json")}
	}
	list, err := cedar.NewPolicyListFromBytes(f.path, f.text)
	if err != nil {
		return nil, []Problem{parserProblem(f.path, err)}
	}
	var statements []statement
	var problems []Problem
	seen := map[cedar.PolicyID]bool{}
	for i, policy := range list {
		s, err := newStatement(f.path, i, policy)
		position := policy.Position()
		problem := Problem{Kind: ProblemSyntax, Path: f.path, Line: position.Line, Column: position.Column}
		switch {
		case err != nil:
			problem.Message = "the policy cannot be compiled: " + err.Error()
			problems = append(problems, problem)
			continue
		case seen[s.id]:
			problem.Message = fmt.Sprintf("there is a second policy %s", s.id)
			problem.Hint = "give each its own @id"
			problems = append(problems, problem)
		}
		seen[s.id] = true
		statements = append(statements, s)
	}
	return statements, problems
}

func newStatement(path string, index int, policy *cedar.Policy) (statement, error) {
	name := strconv.Itoa(index + 1)
	if id, ok := policy.Annotations()["id"]; ok && id != "" {
		name = string(id)
	}
	s := statement{id: cedar.PolicyID(path + "#" + name), policy: policy}
	syntax := policy.AST()
	for _, condition := range syntax.Conditions {
		s.needs.find(condition.Body)
	}
	var ok bool
	if s.scope, ok = newScope(syntax.Action); !ok {
		return s, errors.New("the action's scope is none of ==, in and nothing")
	}
	return s, nil
}

// newScope reads a scope; not ok is one that a later Cedar may have.
func newScope(node ast.IsActionScopeNode) (scope actionScope, ok bool) {
	switch node := node.(type) {
	case ast.ScopeTypeAll:
		return actionScope{all: true}, true
	case ast.ScopeTypeEq:
		return actionScope{is: []types.EntityUID{node.Entity}}, true
	case ast.ScopeTypeIn:
		return actionScope{below: []types.EntityUID{node.Entity}}, true
	case ast.ScopeTypeInSet:
		return actionScope{below: node.Entities}, true
	}
	return actionScope{}, false
}

// parserPlace finds the place in a message of cedar-go, such as
// `parser error: parse error at <input>:2:9 ",": exact got …`.
var parserPlace = regexp.MustCompile(`^(?:parser error: )?(?:parse error at )?<input>:(\d+):(\d+):? `)

func parserProblem(path string, err error) Problem {
	p := Problem{Kind: ProblemSyntax, Path: path, Line: 1, Column: 1, Message: err.Error()}
	if match := parserPlace.FindStringSubmatch(p.Message); match != nil {
		p.Line, _ = strconv.Atoi(match[1])
		p.Column, _ = strconv.Atoi(match[2])
		p.Message = "this is no Cedar: " + p.Message[len(match[0]):]
	}
	return p
}
