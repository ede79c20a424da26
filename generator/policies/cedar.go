package policies

import (
	"fmt"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

// cedarFiles looks at the Cedar files, and reports what the engine would refuse
// to load.
func (c *checker) cedarFiles() error {
	in, err := cedar.Inspect(os.DirFS(c.dir))
	if err != nil {
		return err
	}
	c.cedar = in
	for _, p := range in.Problems {
		code, hint := CodeSyntax, "correct the file: an engine that loads the directory refuses it"
		if p.Kind == cedar.ProblemSchema {
			code = CodeType
		}
		if p.Hint != "" {
			hint = p.Hint
		}
		c.fail(token.Position{Filename: path.Join(c.dir, p.Path), Line: max(1, p.Line), Column: max(1, p.Column)}, code, p.Message, hint)
	}
	return nil
}

func (c *checker) hasAction(policy string) bool { return slices.Contains(c.cedar.Policies(), policy) }

// nearCedar is the hint for a policy that no scope names.
func (c *checker) nearCedar(policy string) string {
	if near := annotations.Nearest(policy, c.cedar.Policies()); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("write permit(principal, action == Action::%q, resource) when { … }; or name another policy", policy)
}

// language is where a policy may be.
type language int

const (
	anyLanguage language = iota
	inRego
	inCedar
)

// routed takes the prefix off a name that runtime/engine/router gives to one of
// its engines: cedar:kest/allow is the action kest/allow. The prefixes are the
// user's own, but those that are called as a language mean it.
func routed(policy string) (name string, where language) {
	prefix, name, found := strings.Cut(policy, ":")
	switch {
	case !found:
		return policy, anyLanguage
	case prefix == "cedar":
		return name, inCedar
	case prefix == "rego" || prefix == "opa":
		return name, inRego
	}
	return name, anyLanguage
}
