package rego

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Option changes how policies are loaded, and what they can reach.
type Option func(*settings)

type settings struct {
	builtins  []string // of those in outside, the ones that are allowed
	typeCheck bool     // against the schema of the input
	timeout   time.Duration
	keys      *bundleKeys // nil if signatures are not asked for
}

// newSettings applies and checks the options.
func newSettings(options []Option) (*settings, error) {
	s := &settings{timeout: DefaultTimeout}
	for _, option := range options {
		option(s)
	}
	if s.timeout <= 0 {
		return nil, fmt.Errorf("WithTimeout(%s): it must be positive", s.timeout)
	}
	for _, name := range s.builtins {
		if !slices.Contains(outside, name) {
			return nil, fmt.Errorf("WithBuiltin(%q): the functions that are left out, and can be allowed, are %s", name, strings.Join(outside, ", "))
		}
	}
	return s, s.keys.check()
}

// unsignedSettings are newSettings for what does not come from a bundle.
func unsignedSettings(options []Option) (*settings, error) {
	s, err := newSettings(options)
	if err == nil && s.keys != nil {
		err = errors.New("WithBundleVerification: only a bundle has signatures: use LoadBundle or ReadBundle")
	}
	return s, err
}

// outside are the built-in functions whose result comes from the network or
// the environment of the process. A policy that calls one decides by something
// that is not in the entry, or tells another host what is in it.
// strings.render_template is among them because nothing can stop it.
var outside = []string{"http.send", "net.lookup_ip_addr", "opa.runtime", "strings.render_template"}

// DefaultTimeout is how long one policy may take. It is there to end what would
// not end, and long enough that a machine under load does not deny.
const DefaultTimeout = 10 * time.Second

// WithTimeout sets how long one policy may take; it must be positive. Most
// built-in functions look at the time between their steps; bits.lsh does not, and
// a policy should not shift by a number from the input.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.timeout = timeout }
}

// WithBuiltin lets policies call one of the built-in functions that are left
// out otherwise: http.send, net.lookup_ip_addr, opa.runtime or
// strings.render_template. With the first three a decision is no longer a function of
// the input alone.
func WithBuiltin(name string) Option {
	return func(s *settings) { s.builtins = append(s.builtins, name) }
}

func (s *settings) leftOut(builtin string) bool {
	return slices.Contains(outside, builtin) && !slices.Contains(s.builtins, builtin)
}

// capabilities are what the compiler and the evaluator know of. AllowNet empty
// and not nil keeps json.match_schema from fetching what a $ref names.
func (s *settings) capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool { return s.leftOut(b.Name) })
	c.AllowNet = []string{}
	return c
}
