package cedar

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/internal/nearest"
)

// An Inspection is what there is in a set of files, whether or not an engine
// could be made of it.
type Inspection struct {
	// Files are the paths of the files with policies, sorted.
	Files []string
	// Problems are the mistakes in all files that are Cedar's, sorted by
	// position. With none, and at least one policy, [Load] succeeds.
	Problems []Problem

	policies   []string
	statements []statement
	entities   types.EntityMap
	schema     *checker // nil without one
	digest     string
}

// Inspect reads the files of a file system like [Load], for tools that want each
// mistake with its place. A file system without any Cedar is no mistake. The
// error matches [kest.ErrConfig], and is for a file system that cannot be read.
func Inspect(fsys fs.FS) (*Inspection, error) {
	files, err := readFiles(fsys)
	if err != nil {
		return nil, configError(err)
	}
	return inspect(files), nil
}

// Policies returns the names of all policies in Kest's sense, sorted: the actions
// that the scopes of the statements name. Those of a file that cannot be parsed
// are the actions that its text has.
func (in *Inspection) Policies() []string { return slices.Clone(in.policies) }

// Near says in words which policies have names like one that is not there.
func (in *Inspection) Near(policy string) string {
	return nearest.Hint(policy, "policy", in.policies)
}

func inspect(files []file) *Inspection {
	in := &Inspection{entities: types.EntityMap{}, digest: digest(files)}
	where := map[types.EntityUID]string{}
	guessed := map[string]bool{}
	for i := range files {
		f := &files[i]
		switch f.kind {
		case kindPolicies:
			in.Files = append(in.Files, f.path)
			statements, problems := parsePolicies(f)
			if statements == nil && problems != nil {
				guess(guessed, f.text)
			}
			in.statements = append(in.statements, statements...)
			in.Problems = append(in.Problems, problems...)
		case kindPoliciesJSON:
			in.problem(f.path, "policies in JSON are not read", "write them in Cedar's syntax, in a .cedar file")
		case kindEntities:
			in.Problems = append(in.Problems, parseEntities(f, in.entities, where)...)
		case kindSchema, kindSchemaJSON:
			in.addSchema(f)
		}
	}
	if len(in.Problems) == 0 && in.schema != nil { // else what is missing would be one more problem
		in.Problems = append(in.Problems, in.schema.actions(in.entities, where)...)
		in.Problems = append(in.Problems, in.schema.entities(in.entities, where)...)
		for i := range in.statements {
			in.Problems = append(in.Problems, in.schema.policy(&in.statements[i])...)
		}
	}
	for _, name := range actionNames(in.statements, in.entities) {
		guessed[name] = true
	}
	in.policies = slices.Sorted(maps.Keys(guessed))
	sortProblems(in.Problems)
	return in
}

func (in *Inspection) problem(path, message, hint string) {
	in.Problems = append(in.Problems, Problem{Kind: ProblemSyntax, Path: path, Message: message, Hint: hint})
}

func (in *Inspection) addSchema(f *file) {
	s, problems := parseSchema(f)
	in.Problems = append(in.Problems, problems...)
	switch {
	case s != nil && in.schema != nil:
		in.problem(f.path, fmt.Sprintf("there is a second schema beside %s", in.schema.path), "put them into one file")
	case s != nil:
		in.schema = s
	}
}

var actionText = regexp.MustCompile(`\bAction::"([^"\\]+)"`)

// guess takes the actions out of a text that cannot be parsed, so that the one
// mistake does not make all its policies unknown.
func guess(names map[string]bool, text []byte) {
	for _, match := range actionText.FindAllSubmatch(text, -1) {
		names[strings.ToValidUTF8(string(match[1]), "\ufffd")] = true
	}
}
