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

// Load compiles the modules of a file system, most often an embed.FS, with its
// data documents: files named data.json, data.yaml or data.yml, each at the path
// that its directory says. All errors match [kest.ErrConfig]: a module that is
// neither Rego v1 nor v0, one that does not compile, a data document that is not
// strict JSON or YAML or has the place of a rule or of another document, more than
// [MaxModules], [MaxModuleSize] or [MaxDataSize], no module, or no policy in any.
func Load(fsys fs.FS, options ...Option) (*Engine, error) {
	src, err := readSources(fsys)
	if err != nil {
		return nil, configError(err)
	}
	return newEngine(src, options)
}

// LoadDir compiles the modules and data documents under a directory. Symbolic links
// to files are followed and those to directories are not, so a mounted Kubernetes
// ConfigMap is read once. Errors are those of [Load].
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
	src, err := memorySources(modules)
	if err != nil {
		return nil, configError(err)
	}
	return newEngine(src, options)
}

// newEngine compiles what does not come from a bundle.
func newEngine(src *sources, options []Option) (*Engine, error) {
	s, err := unsignedSettings(options)
	if err != nil {
		return nil, configError(err)
	}
	e, err := build(src, s)
	if err != nil {
		return nil, configError(err)
	}
	return e, nil
}

func build(src *sources, s *settings) (*Engine, error) {
	policies, err := compile(src, s)
	if err != nil {
		return nil, err
	}
	return &Engine{policies: policies, names: sortedNames(policies), digest: src.digest(), timeout: s.timeout}, nil
}

// Policies returns the names of all policies, sorted.
func (e *Engine) Policies() []string {
	if e == nil {
		return nil
	}
	return append([]string(nil), e.names...)
}

// CheckPolicy returns a [*kest.PolicyError] that matches [kest.ErrPolicyUnknown] if
// there is no policy of that name. It says which names are near.
func (e *Engine) CheckPolicy(policy string) error {
	if e == nil {
		return policyError(policy, kest.ErrPolicyUnknown, errors.New("the engine is nil: make it with Load"))
	}
	if _, ok := e.policies[policy]; ok {
		return nil
	}
	return policyError(policy, kest.ErrPolicyUnknown,
		fmt.Errorf("no package of that path has a rule allow: %s", nearest.Hint(policy, "policy", e.names)))
}

func configError(err error) error {
	return fmt.Errorf("%w: rego: %w", kest.ErrConfig, err)
}

func policyError(policy string, failure, err error) error {
	return &kest.PolicyError{Engine: "rego", Policy: policy, Failure: failure, Err: err}
}
