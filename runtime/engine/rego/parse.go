package rego

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// parseModule reads a module in the version that the manifest says, if it says one,
// and holds its package against the manifest's roots.
func parseModule(m file, manifest *bundle.Manifest) (*ast.Module, error) {
	version, err := manifest.RegoVersionForFile(m.name)
	if err != nil {
		return nil, err
	}
	var parsed *ast.Module
	if version == ast.RegoUndefined {
		parsed, err = parse(m)
	} else if parsed, err = parseAs(m, version); err != nil {
		err = fmt.Errorf("%s is not Rego %s, which it is by the manifest: %s", m.path, version, describe(err))
	}
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(*manifest.Roots, func(root string) bool { return below(root, parsed.Package.Path) }) {
		return nil, fmt.Errorf("%s: the manifest's roots %q do not permit %s", m.path, *manifest.Roots, parsed.Package)
	}
	return parsed, nil
}

// below says whether a package is at or under a root of a manifest: a/b for
// data.a.b, "" for all.
func below(root string, pkg ast.Ref) bool {
	if root == "" {
		return true
	}
	path := pkg[1:] // without data
	for i, name := range strings.Split(root, "/") {
		if i == len(path) || !path[i].Equal(ast.StringTerm(name)) {
			return false
		}
	}
	return true
}

// parse reads a module as Rego v1, and as v0 when it is not v1. A module that
// is both means the same in both.
func parse(m file) (*ast.Module, error) {
	parsed, errV1 := parseAs(m, ast.RegoV1)
	if errV1 == nil {
		return parsed, nil
	}
	parsed, errV0 := parseAs(m, ast.RegoV0)
	if errV0 == nil {
		return parsed, nil
	}
	asV1, asV0 := describe(errV1), describe(errV0)
	if asV1 == asV0 {
		return nil, fmt.Errorf("%s is neither Rego v1 nor Rego v0: %s", m.path, asV1)
	}
	return nil, fmt.Errorf("%s is neither Rego v1 nor Rego v0\n\tas v1: %s\n\tas v0: %s", m.path, asV1, asV0)
}

func parseAs(m file, version ast.RegoVersion) (*ast.Module, error) {
	parsed, err := ast.ParseModuleWithOpts(m.path, m.text, ast.ParserOptions{RegoVersion: version})
	if err != nil {
		return nil, err
	}
	if version != ast.RegoV0 {
		// What the compiler would refuse in a v1 module and accept in a v0
		// one: deprecated functions, rules named input, a second import.
		if errs := ast.CheckRegoV1(parsed); len(errs) > 0 {
			return nil, errs
		}
	}
	return parsed, nil
}

// describe writes OPA's errors with file and line, on one line each.
func describe(err error) string {
	var list ast.Errors
	if !errors.As(err, &list) {
		var one *ast.Error
		if !errors.As(err, &one) {
			return err.Error()
		}
		list = ast.Errors{one}
	}
	var lines []string
	for _, e := range list {
		lines = append(lines, describeOne(e))
	}
	return strings.Join(lines, "\n\t")
}

func describeOne(e *ast.Error) string {
	if e.Location == nil || e.Location.File == "" {
		return e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Location.File, e.Location.Row, e.Location.Col, e.Message)
}
