package kest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A configFile is kest.yaml as it was read, with everything that is wrong with
// its form. It is read node by node: decoding into Go values would drop a null
// from a list, and so a policy that a template left empty.
type configFile struct {
	config         Config
	keys           []string
	deviationFiles []string
	deviationKeys  []string
	signed         bool // deviation_keys stands there, whatever it holds
	policies       string
	problems       []error
}

func readConfigFile(document *yaml.Node) *configFile {
	f := &configFile{}
	f.members(rootOf(document), "the file", map[string]func(*yaml.Node){
		"tiers": func(n *yaml.Node) {
			tiers := &f.config.Tiers
			f.members(n, "tiers", map[string]func(*yaml.Node){
				"enterprise":  func(n *yaml.Node) { tiers.Enterprise = f.texts(n, "enterprise") },
				"platform":    func(n *yaml.Node) { tiers.Platform = f.texts(n, "platform") },
				"application": func(n *yaml.Node) { tiers.Application = f.texts(n, "application") },
			})
		},
		"deviations":      f.deviations,
		"deviation_files": func(n *yaml.Node) { f.deviationFiles = f.texts(n, "deviation_files") },
		"deviation_keys": func(n *yaml.Node) {
			f.signed = true
			f.deviationKeys = f.texts(n, "deviation_keys")
		},
		"origins": func(n *yaml.Node) {
			f.config.Origins = make(map[string]int)
			f.entries(n, "origins", func(name string, n *yaml.Node) { f.config.Origins[name] = f.integer(n, name) })
		},
		"classification_taints": func(n *yaml.Node) {
			f.config.ClassificationTaints = make(map[string]string)
			f.entries(n, "classification_taints", func(name string, n *yaml.Node) {
				f.config.ClassificationTaints[name] = f.text(n, name)
			})
		},
		"thresholds": func(n *yaml.Node) {
			f.members(n, "thresholds", map[string]func(*yaml.Node){
				"passport": func(n *yaml.Node) { f.threshold(n, "passport") },
			})
		},
		"keys":     func(n *yaml.Node) { f.keys = f.texts(n, "keys") },
		"policies": func(n *yaml.Node) { f.policies = f.text(n, "policies") },
	})
	return f
}

// threshold reads the size from which on a passport travels another way.
func (f *configFile) threshold(n *yaml.Node, what string) {
	value := f.integer(n, what)
	if value < MinPassportThreshold || value > MaxPassportThreshold {
		f.fail(n, "%s is %d: give %d to %d bytes", what, value, MinPassportThreshold, MaxPassportThreshold)
	}
	f.config.Thresholds.Passport = value
}

// readDeviationFile reads a file that has deviations only.
func readDeviationFile(document *yaml.Node) *configFile {
	f := &configFile{}
	f.members(rootOf(document), "the file", map[string]func(*yaml.Node){"deviations": f.deviations})
	return f
}

func rootOf(document *yaml.Node) *yaml.Node {
	if document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0]
	}
	return document
}

func (f *configFile) deviations(n *yaml.Node) {
	f.elements(n, "deviations", func(n *yaml.Node) {
		d := scopedDeviation{place: fmt.Sprintf("line %d", n.Line)}
		f.members(n, "a deviation", map[string]func(*yaml.Node){
			"scope":  func(n *yaml.Node) { d.scope = f.text(n, "scope") },
			"policy": func(n *yaml.Node) { d.Policy = f.text(n, "policy") },
			"tier":   func(n *yaml.Node) { d.Tier = Tier(f.text(n, "tier")) },
			"reason": func(n *yaml.Node) { d.Reason = f.text(n, "reason") },
			"approver": func(n *yaml.Node) {
				if d.Approver = f.text(n, "approver"); blank(d.Approver) {
					f.fail(n, "approver is empty: name who approves")
				}
			},
		})
		f.config.deviations = append(f.config.deviations, d)
	})
}

func (f *configFile) fail(n *yaml.Node, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf("line %d: %w", n.Line, fmt.Errorf(format, args...)))
}

// is checks that a node is written out plainly: no anchor, alias or explicit
// tag, by which a file can mean something else than it shows.
func (f *configFile) is(n *yaml.Node, kind yaml.Kind, tag, what, want string) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		f.fail(n, "%s uses an anchor or alias: write the value out", what)
	case n.Style&yaml.TaggedStyle != 0:
		f.fail(n, "%s has the explicit tag %s: write the value without", what, n.Tag)
	case n.Kind != kind || n.ShortTag() != tag:
		found := n.ShortTag()
		if found == "!!null" {
			found = "empty"
		}
		f.fail(n, "%s must be %s, and is %s", what, want, strings.TrimPrefix(found, "!!"))
	default:
		return true
	}
	return false
}

// members reads a mapping with known members; an unknown one is an error.
func (f *configFile) members(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	f.entries(n, what, func(name string, value *yaml.Node) {
		read, ok := known[name]
		if !ok {
			f.fail(value, "%s has the unknown member %q: there are %s", what, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			return
		}
		read(value)
	})
}

// entries reads a mapping of any names; one that stands twice is an error.
func (f *configFile) entries(n *yaml.Node, what string, read func(name string, value *yaml.Node)) {
	if !f.is(n, yaml.MappingNode, "!!map", what, "a mapping") {
		return
	}
	seen := make(map[string]bool)
	for pair := range slices.Chunk(n.Content, 2) {
		name, value := pair[0], pair[1]
		switch {
		case !f.is(name, yaml.ScalarNode, "!!str", "a name in "+what, "a text"):
		case seen[name.Value]:
			f.fail(name, "%s has the member %q twice", what, name.Value)
		default:
			seen[name.Value] = true
			read(name.Value, value)
		}
	}
}

func (f *configFile) elements(n *yaml.Node, what string, read func(*yaml.Node)) {
	if !f.is(n, yaml.SequenceNode, "!!seq", what, "a list") {
		return
	}
	for _, element := range n.Content {
		read(element)
	}
}

func (f *configFile) texts(n *yaml.Node, what string) (list []string) {
	f.elements(n, what, func(n *yaml.Node) { list = append(list, f.text(n, "an element of "+what)) })
	return list
}

func (f *configFile) text(n *yaml.Node, what string) string {
	if !f.is(n, yaml.ScalarNode, "!!str", what, "a text") {
		return ""
	}
	return n.Value
}

func (f *configFile) integer(n *yaml.Node, what string) (value int) {
	if !f.is(n, yaml.ScalarNode, "!!int", what, "a whole number") {
		return 0
	}
	if err := n.Decode(&value); err != nil {
		f.fail(n, "%s must be a whole number, and is %q", what, n.Value)
	}
	return value
}
