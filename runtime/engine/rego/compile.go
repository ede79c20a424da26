package rego

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// compile makes one compiler of all modules, since they may import each other,
// and one query of each policy.
func compile(src *sources, s *settings) (map[string]*query, error) {
	c, err := src.understand()
	if err != nil {
		return nil, err
	}
	compiler, err := s.compiler(c.store)
	if err != nil {
		return nil, err
	}
	if compiler.Compile(c.modules); compiler.Failed() {
		return nil, s.explain(compiler.Errors)
	}
	return queries(compiler, c.store)
}

// explain writes the compiler's errors, and says of functions that we leave
// out why OPA calls them undefined.
func (s *settings) explain(list ast.Errors) error {
	var lines []string
	for _, e := range list {
		line := describeOne(e)
		if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok && s.leftOut(name) {
			line += fmt.Sprintf(" (left out, since policies decide by their input alone: rego.WithBuiltin(%q) allows it)", name)
		}
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "\n\t"))
}

// queries prepares data.<package>.allow for every package that has that rule. A
// data document at such a place is no policy, else whoever may write a table could
// allow what no rule does.
func queries(compiler *ast.Compiler, store documents) (map[string]*query, error) {
	policies := make(map[string]*query)
	for _, m := range compiler.Modules {
		for _, rule := range m.Rules {
			ref := rule.Ref().GroundPrefix()
			name, ok := policyName(ref)
			if !ok || len(rule.Head.Args) > 0 || policies[name] != nil {
				continue
			}
			q, err := newQuery(compiler, store, ref)
			if err != nil {
				return nil, fmt.Errorf("policy %q: %s", name, describe(err))
			}
			policies[name] = q
		}
	}
	if len(policies) == 0 {
		return nil, errors.New("no package has a rule named allow, so there is no policy: add `allow if …`")
	}
	return policies, nil
}

// policyName is a/b for data.a.b.allow. A path that such a name could not say
// in one way only belongs to no policy.
func policyName(ref ast.Ref) (name string, ok bool) {
	if len(ref) < 3 {
		return "", false
	}
	var path []string
	for _, term := range ref[1:] {
		text, ok := term.Value.(ast.String)
		if !ok || text == "" || strings.Contains(string(text), "/") {
			return "", false
		}
		path = append(path, string(text))
	}
	last := len(path) - 1
	return strings.Join(path[:last], "/"), path[last] == "allow"
}

func sortedNames(policies map[string]*query) []string { return slices.Sorted(maps.Keys(policies)) }
