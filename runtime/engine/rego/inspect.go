package rego

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/kestgo/kest/runtime/internal/nearest"
)

// An Inspection is what there is in a set of modules, whether or not an engine
// could be made of it.
type Inspection struct {
	// Problems are the mistakes, sorted by position. With none, [Load] with the
	// same options succeeds, unless there is no policy at all.
	Problems []Problem

	sources  map[string][]string  // policy to the modules that have its rule
	packages map[string]string    // module to its package: data.kest.allow
	refs     map[string][]ast.Ref // module to what it refers to under data
}

// Inspect reads and compiles the modules and data documents of a file system like
// [Load], for tools that want each mistake with its place. The error matches
// [kest.ErrConfig], and is for a file system that cannot be read, has too much in it
// or has no module (then it matches [ErrNoModules], too).
func Inspect(fsys fs.FS, options ...Option) (*Inspection, error) {
	s, err := unsignedSettings(options)
	if err != nil {
		return nil, configError(err)
	}
	src, err := readSources(fsys)
	if err != nil {
		return nil, configError(err)
	}
	in := &Inspection{sources: map[string][]string{}, packages: map[string]string{}, refs: map[string][]ast.Ref{}}
	parsed := map[string]*ast.Module{}
	store := in.readData(src)
	for _, m := range src.modules {
		if p := in.parse(m); p != nil {
			parsed[m.path] = p
			in.describe(m.path, p)
		}
	}
	if len(in.Problems) == 0 { // else what is missing would be one more problem
		compiler, err := s.compiler(store)
		if err != nil {
			return nil, configError(err)
		}
		compiler.SetErrorLimit(0).Compile(parsed)
		for _, e := range compiler.Errors {
			in.Problems = append(in.Problems, s.problem(e))
		}
	}
	slices.SortFunc(in.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Message, b.Message))
	})
	in.Problems = slices.Compact(in.Problems)
	return in, nil
}

// Policies returns the names of all policies, sorted. A module that cannot be
// parsed counts as the policy of its package.
func (in *Inspection) Policies() []string { return slices.Sorted(maps.Keys(in.sources)) }

// Near says in words which policies have names like one that is not there.
func (in *Inspection) Near(policy string) string {
	return nearest.Hint(policy, "policy", in.Policies())
}

// HasPackage says whether a module is in the package of that name, with or
// without a rule allow.
func (in *Inspection) HasPackage(policy string) bool {
	return slices.Contains(slices.Collect(maps.Values(in.packages)), dataPath(policy))
}

// Modules returns the paths of the modules that decide a policy, sorted: those
// of its package, and those of all packages that these refer to. It is nil for
// an unknown policy.
func (in *Inspection) Modules(policy string) []string {
	found := map[string]bool{}
	next := slices.Clone(in.sources[policy])
	for len(next) > 0 {
		path := next[len(next)-1]
		next = next[:len(next)-1]
		if found[path] {
			continue
		}
		found[path] = true
		for other, pkg := range in.packages {
			if pkg == in.packages[path] || slices.ContainsFunc(in.refs[path], func(ref ast.Ref) bool { return within(ref.String(), pkg) }) {
				next = append(next, other)
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// within says whether a reference to data may lead into a package: to it, to
// something in it, or to all that is above it.
func within(ref, pkg string) bool {
	return ref == pkg || strings.HasPrefix(ref, pkg+".") || strings.HasPrefix(ref, pkg+"[") ||
		strings.HasPrefix(pkg, ref+".") || strings.HasPrefix(pkg, ref+"[")
}

// dataPath is data.a.b for the policy a/b, as OPA writes it.
func dataPath(policy string) string {
	ref := ast.Ref{ast.DefaultRootDocument}
	for part := range strings.SplitSeq(policy, "/") {
		ref = append(ref, ast.StringTerm(part))
	}
	return ref.String()
}

// describe notes the policies and the references of a module.
func (in *Inspection) describe(path string, m *ast.Module) {
	in.packages[path] = m.Package.Path.String()
	for _, rule := range m.Rules {
		if name, ok := policyName(rule.Ref().GroundPrefix()); ok && len(rule.Head.Args) == 0 && !slices.Contains(in.sources[name], path) {
			in.sources[name] = append(in.sources[name], path)
		}
	}
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		if ref.HasPrefix(ast.Ref{ast.DefaultRootDocument}) {
			in.refs[path] = append(in.refs[path], ref.GroundPrefix())
		}
		return false
	})
}

// packageClause finds the package of a module that cannot be parsed.
var packageClause = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)`)

// readData is documents of the engine, with what is wrong as problems.
func (in *Inspection) readData(src *sources) documents {
	for _, err := range src.checkDocuments() {
		in.badDocument(src, err)
	}
	if len(in.Problems) > 0 {
		return documents{}
	}
	_, data, err := src.documents()
	if err != nil {
		in.badDocument(src, err)
	}
	return documents{root: data}
}

// badDocument adds a problem at the document that an error is about. OPA puts the
// path of one that it cannot merge with those before it into the message only.
func (in *Inspection) badDocument(src *sources, err error) {
	problem := Problem{Kind: ProblemSyntax, Path: src.data[0].path, Line: 1, Column: 1, Message: firstLine(err.Error()),
		Hint: "correct the data document: no policy can be evaluated without it"}
	var at *documentError
	if errors.As(err, &at) {
		problem.Path, problem.Message = at.path, firstLine(at.err.Error())
	}
	in.Problems = append(in.Problems, problem)
}

// parse is parse of the engine, with what is wrong as a problem.
func (in *Inspection) parse(m file) *ast.Module {
	parsed, errV1 := parseAs(m, ast.RegoV1)
	if errV1 == nil {
		return parsed
	}
	parsed, errV0 := parseAs(m, ast.RegoV0)
	if errV0 == nil {
		return parsed
	}
	if clause := packageClause.FindStringSubmatch(m.text); clause != nil {
		name := strings.ReplaceAll(clause[1], ".", "/")
		in.packages[m.path] = dataPath(name)
		in.sources[name] = append(in.sources[name], m.path)
	}
	problem := Problem{Kind: ProblemSyntax, Path: m.path, Line: 1, Column: 1, Message: describe(errV1)}
	var list ast.Errors
	if errors.As(errV1, &list) && len(list) > 0 {
		problem.at(list[0].Location)
		problem.Message = list[0].Message
	}
	if asV0 := describe(errV0); asV0 != describe(errV1) {
		problem.Hint = "as Rego v0 it is no better: " + firstLine(asV0)
	}
	in.Problems = append(in.Problems, problem)
	return nil
}
