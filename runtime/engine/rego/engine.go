package rego

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/nearest"
)

// Engine holds compiled policies. It is immutable and safe for concurrent use.
// It implements [kest.Engine], [kest.PolicyDigester] and [kest.PolicyChecker].
type Engine struct {
	policies map[string]*query
	names    []string // of policies, sorted
	digest   string
	timeout  time.Duration // of one policy
}

var (
	_ kest.Engine         = (*Engine)(nil)
	_ kest.PolicyDigester = (*Engine)(nil)
	_ kest.PolicyChecker  = (*Engine)(nil)
)

// Load compiles the modules of a file system, most often an embed.FS. All
// errors match [kest.ErrConfig]: a module that is neither Rego v1 nor v0, one
// that does not compile, more than [MaxModules] or [MaxModuleSize], no module,
// or no policy in any.
func Load(fsys fs.FS, options ...Option) (*Engine, error) {
	modules, err := readModules(fsys)
	if err != nil {
		return nil, configError(err)
	}
	return newEngine(modules, options)
}

// LoadDir compiles the modules under a directory. Symbolic links to files are
// followed and those to directories are not, so a mounted Kubernetes ConfigMap
// is read once. Errors are those of [Load].
func LoadDir(path string, options ...Option) (*Engine, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, configError(err)
	}
	if !info.IsDir() {
		return nil, configError(fmt.Errorf("%s is a file: give the directory that holds the policies", path))
	}
	return Load(os.DirFS(path), options...)
}

// MustLoad is [Load] for policies that are part of the program, at start-up. It
// panics on an error.
func MustLoad(fsys fs.FS, options ...Option) *Engine {
	e, err := Load(fsys, options...)
	if err != nil {
		panic(err)
	}
	return e
}

// New compiles modules given as path and Rego source. The path is what errors
// call the module, and part of the digest. Errors are those of [Load].
func New(modules map[string]string, options ...Option) (*Engine, error) {
	list, err := sourceModules(modules)
	if err != nil {
		return nil, configError(err)
	}
	return newEngine(list, options)
}

func newEngine(modules []module, options []Option) (*Engine, error) {
	s := settings{timeout: DefaultTimeout}
	for _, option := range options {
		option(&s)
	}
	if s.timeout <= 0 {
		return nil, configError(fmt.Errorf("WithTimeout(%s): it must be positive", s.timeout))
	}
	policies, err := compile(modules, &s)
	if err != nil {
		return nil, configError(err)
	}
	return &Engine{policies: policies, names: sortedNames(policies), digest: digest(modules), timeout: s.timeout}, nil
}

// Policies returns the names of all policies, sorted.
func (e *Engine) Policies() []string { return append([]string(nil), e.names...) }

// CheckPolicy returns an error that matches [kest.ErrPolicy] if there is no
// policy of that name. It says which names are near.
func (e *Engine) CheckPolicy(policy string) error {
	if e == nil {
		return policyError(policy, errors.New("the engine is nil: make it with Load"))
	}
	if _, ok := e.policies[policy]; ok {
		return nil
	}
	return policyError(policy, fmt.Errorf("unknown, no package of that path has a rule allow: %s",
		nearest.Hint(policy, "policy", e.names)))
}

func configError(err error) error {
	return fmt.Errorf("%w: rego: %w", kest.ErrConfig, err)
}

func policyError(policy string, err error) error {
	return fmt.Errorf("%w: rego policy %q: %w", kest.ErrPolicy, policy, err)
}
