// Package policies checks, when code is built, that the policies which
// directives and configuration name are there and fit the calls.
//
// A policy that is missing or has a misspelt member of the input denies every
// call, and does so in production. [Check] finds both in the sources:
//
//	payment/payment.go:37:24: there is no policy "kest/alow_trusted" in policies
//		hint: did you mean "kest/allow_trusted"?
//	policies/settlement.rego:8:16: undefined ref: input.subject.trust_scor
//		hint: did you mean trust_score? payments/settlement is used at payment/payment.go:61:1 (settleInvoice)
package policies

import (
	"errors"
	"fmt"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/runtime/engine/cedar"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// The mistakes that Check finds.
const (
	CodeUnknown annotations.Code = "unknown-policy"
	CodeNoAllow annotations.Code = "policy-without-allow"
	CodeSyntax  annotations.Code = "policy-syntax"
	CodeCompile annotations.Code = "policy-compile"
	CodeType    annotations.Code = "policy-type"
)

var codes = map[rego.ProblemKind]annotations.Code{
	rego.ProblemSyntax:  CodeSyntax,
	rego.ProblemCompile: CodeCompile,
	rego.ProblemType:    CodeType,
}

// A Use is a place that names a policy.
type Use struct {
	Policy string
	Pos    token.Position
	By     string // what the policy is for: a function, or a tier
}

// Check looks for the policies in the Rego and Cedar files under a directory, and
// at these files themselves: a Rego module must parse as v1 or v0, compile, and
// read nothing of the input that is not there; Cedar files must load, with their
// entities and schema. A policy is there if its package has a rule allow, or if
// the scope of a Cedar policy names its action, as the engines have it. A name
// may have the prefix by which runtime/engine/router picks an engine; cedar: looks
// among the actions only, rego: and opa: among the packages. Every mistake is
// reported, also in modules that nothing uses, since an engine loads the
// directory as a whole. The error is for a directory that cannot be read or has
// no policies at all.
func Check(dir string, uses []Use) ([]*annotations.Error, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file: name the directory that holds the policies", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	c := checker{dir: filepath.ToSlash(filepath.Clean(dir)), uses: uses}
	if err := c.cedarFiles(); err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	c.in, err = rego.Inspect(os.DirFS(dir), rego.WithTypeCheck())
	switch {
	case errors.Is(err, rego.ErrNoModules) && len(c.cedar.Files) > 0: // there is only Cedar
		c.in = nil
	case err != nil:
		return nil, fmt.Errorf("policies: %s: %w", dir, err)
	}
	if c.in != nil {
		c.modules()
	}
	c.names()
	return c.errs, nil
}

type checker struct {
	dir   string
	uses  []Use
	in    *rego.Inspection // nil if there is no Rego
	cedar *cedar.Inspection
	errs  []*annotations.Error
}

func (c *checker) fail(pos token.Position, code annotations.Code, message, hint string) {
	c.errs = append(c.errs, &annotations.Error{Pos: pos, Code: code, Message: message, Hint: hint})
}

// modules reports what is wrong within the files, and who uses them.
func (c *checker) modules() {
	users := map[string][]Use{} // of each module
	for _, use := range c.uses {
		for _, module := range c.in.Modules(c.regoName(use.Policy)) {
			users[module] = append(users[module], use)
		}
	}
	for _, p := range c.in.Problems {
		hint := usedBy(users[p.Path])
		if p.Hint != "" {
			hint = p.Hint + "; " + hint
			if strings.HasSuffix(p.Hint, "?") {
				hint = p.Hint + " " + upper(usedBy(users[p.Path]))
			}
		}
		c.fail(token.Position{Filename: path.Join(c.dir, p.Path), Line: p.Line, Column: p.Column}, codes[p.Kind], p.Message, hint)
	}
}

// listed is how many uses one hint has at most.
const listed = 3

func usedBy(uses []Use) string {
	if len(uses) == 0 {
		return "no directive and no tier uses it, but it is loaded with the others"
	}
	var list []string
	for _, use := range uses[:min(listed, len(uses))] {
		list = append(list, fmt.Sprintf("%s (%s)", use.Pos, use.By))
	}
	text := "used at " + strings.Join(list, ", ")
	if more := len(uses) - listed; more > 0 {
		text += fmt.Sprintf(" and %d more places", more)
	}
	return text
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// names reports policies that are not there.
func (c *checker) names() {
	for _, use := range c.uses {
		name, where := routed(use.Policy)
		switch {
		case c.has(use.Policy, anyLanguage), c.has(name, where):
		case where != inCedar && c.in != nil && c.in.HasPackage(name):
			c.fail(use.Pos, CodeNoAllow, fmt.Sprintf("the package of the policy %q has no rule allow", use.Policy), "add `allow if …` to it, or name another policy")
		default:
			c.fail(use.Pos, CodeUnknown, fmt.Sprintf("there is no policy %q in %s", use.Policy, c.dir), c.near(name, where))
		}
	}
}

// regoName is the name of a policy for OPA, "" if it is Cedar's.
func (c *checker) regoName(policy string) string {
	if c.has(policy, anyLanguage) {
		return policy
	}
	name, where := routed(policy)
	if where == inCedar {
		return ""
	}
	return name
}

func (c *checker) has(policy string, where language) bool {
	return where != inRego && c.hasAction(policy) ||
		where != inCedar && c.in != nil && slices.Contains(c.in.Policies(), policy)
}

// near is the hint for a policy that is not there.
func (c *checker) near(policy string, where language) string {
	switch {
	case where == inRego && c.in == nil:
		return "there is no .rego file in it"
	case where == inCedar && len(c.cedar.Files) == 0:
		return "there is no .cedar file in it"
	case where == inCedar || c.in == nil:
		return c.nearCedar(policy)
	case where == anyLanguage && annotations.Nearest(policy, c.in.Policies()) == "" && annotations.Nearest(policy, c.cedar.Policies()) != "":
		return c.nearCedar(policy)
	}
	return c.in.Near(policy)
}
