package policies

import (
	"embed"
	"io/fs"
)

// The names of the policies, as directives and tiers have them. In Rego each is
// the package of a module, in Cedar the id of an action.
const (
	BellLaPadula   = "kest/bell_lapadula"
	Biba           = "kest/biba"
	BrewerNash     = "kest/brewer_nash"
	ClarkWilson    = "kest/clark_wilson"
	GoguenMeseguer = "kest/goguen_meseguer"
	TaintDenyList  = "kest/taint_deny_list"
	TrustThreshold = "kest/trust_threshold"
)

// The modules by name: a pattern would take their tests along.
//
//go:embed rego/bell_lapadula.rego rego/biba.rego rego/brewer_nash.rego rego/clark_wilson.rego
//go:embed rego/goguen_meseguer.rego rego/taint_deny_list.rego rego/trust_threshold.rego
//go:embed cedar/*.cedar
var library embed.FS

// Rego holds the library as Rego v1 modules, one file for each policy, for the
// engine of runtime/engine/rego or a bundle for an OPA server.
func Rego() fs.FS { return sub("rego") }

// Cedar holds the library as Cedar policies, one file for each policy, for the
// engine of runtime/engine/cedar or a Cedar server. They are valid in Cedar 2.4
// and later; those that take a number or its digits do not pass Cedar's strict
// validation, which wants one type for each attribute.
func Cedar() fs.FS { return sub("cedar") }

func sub(dir string) fs.FS {
	fsys, err := fs.Sub(library, dir)
	if err != nil {
		panic(err) // the name is that of the directive above
	}
	return fsys
}
