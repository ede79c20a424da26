package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Option changes what policies can reach.
type Option func(*settings)

type settings struct {
	builtins []string // of those in outside, the ones that are allowed
}

// outside are the built-in functions whose result comes from the network or
// the environment of the process. A policy that calls one decides by something
// that is not in the entry, or tells another host what is in it.
var outside = []string{"http.send", "net.lookup_ip_addr", "opa.runtime"}

// WithBuiltin lets policies call one of the built-in functions that are left
// out otherwise: http.send, net.lookup_ip_addr or opa.runtime. A decision is
// then no longer a function of the input alone, and takes as long as the other
// side takes: give the call a deadline.
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
