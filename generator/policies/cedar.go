package policies

import (
	"encoding/json"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/cedar-policy/cedar-go"

	"github.com/kestgo/kest/annotations"
)

// cedarActions is which actions the Cedar policies of a directory can permit. A
// Kest policy is the action Action::"<policy>" there (PROTOCOL §8).
type cedarActions struct {
	files int
	any   bool     // a permit without a scope for the action
	names []string // of the permits that have one
}

func (a *cedarActions) permit(policy string) bool { return a.any || slices.Contains(a.names, policy) }

// cedar reads the Cedar files and reports those that do not parse.
func (c *checker) cedar() error {
	root := os.DirFS(c.dir)
	return fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".cedar" {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		c.actions.files++
		list, err := cedar.NewPolicyListFromBytes(name, text)
		if err != nil {
			line, column := cedarPosition(err)
			c.fail(token.Position{Filename: path.Join(c.dir, name), Line: line, Column: column}, CodeSyntax, err.Error(),
				"correct the file: no policy in it can be evaluated")
			return nil
		}
		for _, policy := range list {
			if err := c.actions.add(policy); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

// add notes the actions of a permit. A forbid allows nothing by itself.
func (a *cedarActions) add(policy *cedar.Policy) error {
	// The JSON form of a policy is Cedar's own and is documented; the syntax
	// tree of the library is still marked as experimental.
	text, err := policy.MarshalJSON()
	if err != nil {
		return err
	}
	type entity struct{ Type, ID string }
	var scope struct {
		Effect string
		Action struct {
			Op       string
			Entity   *entity
			Entities []entity
		}
	}
	if err := json.Unmarshal(text, &scope); err != nil {
		return err
	}
	if scope.Effect != "permit" {
		return nil
	}
	if scope.Action.Op == "All" {
		a.any = true
	}
	entities := scope.Action.Entities
	if scope.Action.Entity != nil {
		entities = append(entities, *scope.Action.Entity)
	}
	for _, e := range entities {
		if e.Type == "Action" {
			a.names = append(a.names, e.ID)
		}
	}
	return nil
}

// cedarPlace finds the place in a message such as
// `parse error at <input>:2:9 ",": …`.
var cedarPlace = regexp.MustCompile(`<input>:(\d+):(\d+)`)

func cedarPosition(err error) (line, column int) {
	match := cedarPlace.FindStringSubmatch(err.Error())
	if match == nil {
		return 1, 1
	}
	line, _ = strconv.Atoi(match[1])
	column, _ = strconv.Atoi(match[2])
	return line, column
}

// nearCedar is the hint for a policy that nothing permits.
func (a *cedarActions) near(policy string) string {
	if near := annotations.Nearest(policy, a.names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("write permit(principal, action == Action::%q, resource) when { … }; or name another policy", policy)
}
