package reload

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// errChanged is for files that are being written.
var errChanged = errors.New("the files changed while they were loaded: try again when they are complete")

// version is one version of the policies.
type version struct {
	engine  kest.Engine
	digest  string
	print   fingerprint
	checked int // how many names of Engine.accepted it was asked for
}

// name is a policy as somebody asked for it: for a tier, or for "".
type name struct {
	tier   kest.Tier
	policy string
}

func (n name) check(engine kest.Engine) error {
	if n.tier == "" {
		return behind.Check(engine, n.policy)
	}
	return behind.CheckTier(engine, n.tier, n.policy)
}

// build loads what is at Path now. It is errChanged if that was not the same
// before and after. Other errors are a *refusal if they are about this content.
func (e *Engine) build() (*version, error) {
	before, err := look(e.config.Path)
	if err != nil {
		return nil, err
	}
	v, err := e.callLoad()
	if err == nil {
		err = e.approve(v)
	}
	after, lookErr := look(e.config.Path)
	switch {
	case lookErr != nil:
		return nil, lookErr
	case after != before:
		return nil, errChanged // whatever Load made of it
	case err != nil:
		return nil, &refusal{after, err}
	}
	v.print = after
	return v, nil
}

// refusal is why content cannot be used.
type refusal struct {
	print fingerprint
	error
}

func (r *refusal) Unwrap() error { return r.error }

func (e *Engine) callLoad() (v *version, err error) {
	defer recoverAs(&err)
	engine, err := e.config.Load(e.config.Path)
	if err != nil {
		return nil, err
	}
	if behind.IsNil(engine) {
		return nil, errors.New("the loader gave neither an engine nor an error")
	}
	snapshot := behind.Snapshot(engine)
	if snapshot == nil {
		return nil, errors.New("the engine that Load gave has a PolicySnapshot that is nil: it must be an engine")
	}
	return &version{engine: engine, digest: behind.Digest(snapshot)}, nil
}

// approve checks that a version has all policies that those before it had when
// they were asked for.
func (e *Engine) approve(v *version) (err error) {
	defer recoverAs(&err)
	e.mu.Lock()
	names := slices.SortedFunc(maps.Keys(e.accepted), func(a, b name) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.policy, b.policy))
	})
	e.mu.Unlock()
	var missing []error
	for _, n := range names {
		if err := n.check(v.engine); err != nil {
			missing = append(missing, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("policies that are in use are not there any more: %w", errors.Join(missing...))
	}
	v.checked = len(names)
	return nil
}

// recoverAs turns a panic of a part that a program plugs in into an error.
func recoverAs(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("it panicked: %v", r)
	}
}
