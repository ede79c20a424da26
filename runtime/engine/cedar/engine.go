package cedar

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/cedar-policy/cedar-go/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
	"github.com/kestgo/kest/runtime/internal/nearest"
)

// Engine holds compiled policies. It is immutable and safe for concurrent use.
// It implements [kest.Engine], [kest.PolicyDigester] and [kest.PolicyChecker].
type Engine struct {
	policies map[string]*policy
	names    []string // of policies, sorted
	entities types.EntityMap
	schema   *checker // nil without one
	digest   string
}

var (
	_ kest.Engine         = (*Engine)(nil)
	_ kest.PolicyDigester = (*Engine)(nil)
	_ kest.PolicyChecker  = (*Engine)(nil)
)

// Load compiles the policies of a file system, most often an embed.FS, with its
// entities and its schema, if there are any. All errors match [kest.ErrConfig]
// and list every mistake with file, line and column: a file that cannot be
// parsed, two policies, entities or actions of one id, more than one schema or
// what does not fit it, more than [MaxFiles] or [MaxFileSize], no policy at all,
// or none whose scope names an action.
func Load(fsys fs.FS) (*Engine, error) {
	files, err := readFiles(fsys)
	if err != nil {
		return nil, configError(err)
	}
	in := inspect(files)
	switch {
	case len(in.Problems) > 0:
		return nil, configError(joined(in.Problems))
	case len(in.statements) == 0:
		return nil, configError(errors.New("there is no policy in any .cedar file"))
	case len(in.policies) == 0:
		return nil, configError(errors.New(`no policy has an action in its scope: write permit(principal, action == Action::"kest/allow_trusted", resource) for the policy kest/allow_trusted`))
	}
	e := &Engine{policies: map[string]*policy{}, names: in.policies, entities: in.entities, schema: in.schema, digest: in.digest}
	for _, name := range in.policies {
		e.policies[name] = newPolicy(name, in)
	}
	return e, nil
}

// LoadDir compiles the policies under a directory. Symbolic links to files are
// followed and those to directories are not, so a mounted Kubernetes ConfigMap
// is read once. Errors are those of [Load].
func LoadDir(path string) (*Engine, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, configError(err)
	}
	if !info.IsDir() {
		return nil, configError(fmt.Errorf("%s is a file: give the directory that holds the policies", path))
	}
	return Load(os.DirFS(path))
}

// MustLoad is [Load] for policies that are part of the program, at start-up. It
// panics on an error.
func MustLoad(fsys fs.FS) *Engine {
	e, err := Load(fsys)
	if err != nil {
		panic(err)
	}
	return e
}

// Policies returns the names of all policies in Kest's sense, sorted.
func (e *Engine) Policies() []string {
	if e == nil {
		return nil
	}
	return slices.Clone(e.names)
}

// CheckPolicy returns an error that matches [kest.ErrPolicyUnknown] if no
// policy is about an action of that name. It says which names are near.
func (e *Engine) CheckPolicy(policy string) error {
	if e == nil {
		return policyError(policy, kest.ErrPolicyUnknown, errors.New("the engine is nil: make it with Load"))
	}
	if _, ok := e.policies[policy]; ok {
		return nil
	}
	return policyError(policy, kest.ErrPolicyUnknown, fmt.Errorf("no policy's scope names the action: %s", nearest.Hint(policy, "policy", e.names)))
}

// policy is what decides one name.
type policy struct {
	action     types.EntityUID
	statements statements
	needs      needs
}

// newPolicy picks the statements that can be about an action. The others can
// neither allow nor forbid it, nor err: scopes are looked at first, and without
// an error.
func newPolicy(name string, in *Inspection) *policy {
	p := &policy{action: types.NewEntityUID(cedarinput.TypeAction, types.String(name))}
	p.needs.all = in.schema != nil
	above := ancestors(p.action, in.entities)
	for _, s := range in.statements {
		if s.scope.matches(p.action, above) {
			p.statements = append(p.statements, s)
			p.needs.add(s.needs)
		}
	}
	return p
}

func configError(err error) error {
	return fmt.Errorf("%w: cedar: %w", kest.ErrConfig, err)
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: "cedar", Policy: policy, Failure: failure, Err: err}
}
