package main

import (
	"errors"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	kest "github.com/kestgo/kest/runtime"
)

// A project is what the kest.yaml beside go.mod says, if there is one.
type project struct {
	config kest.Config
	path   string // of kest.yaml as the user would write it, "" if there is none
	tiers  []tier
}

// A tier is a list of policies from kest.yaml.
type tier struct {
	name     kest.Tier
	policies []tierPolicy
}

type tierPolicy struct {
	name string
	pos  token.Position
}

// projectOf reads the configuration of the module that a directory is in.
func projectOf(dir string) (*project, error) {
	root, err := moduleRoot(dir)
	if err != nil || root == "" {
		return &project{}, err
	}
	path := filepath.Join(root, "kest.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &project{}, nil
	}
	p := &project{path: shortened(path)}
	if p.config, err = kest.LoadConfig(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Load(text, &document); err != nil {
		return nil, err
	}
	for _, t := range []struct {
		name     kest.Tier
		policies []string
	}{
		{kest.TierEnterprise, p.config.Tiers.Enterprise},
		{kest.TierPlatform, p.config.Tiers.Platform},
		{kest.TierApplication, p.config.Tiers.Application},
	} {
		list := tier{name: t.name}
		nodes := member(member(&document, "tiers"), string(t.name))
		for i, policy := range t.policies {
			pos := token.Position{Filename: p.path, Line: 1, Column: 1}
			if nodes != nil && i < len(nodes.Content) {
				pos.Line, pos.Column = nodes.Content[i].Line, nodes.Content[i].Column
			}
			list.policies = append(list.policies, tierPolicy{policy, pos})
		}
		p.tiers = append(p.tiers, list)
	}
	return p, nil
}

// member finds the value of a key in a mapping, nil if there is none.
func member(node *yaml.Node, key string) *yaml.Node {
	for node != nil && (node.Kind == yaml.DocumentNode || node.Kind == yaml.AliasNode) {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		} else if len(node.Content) > 0 {
			node = node.Content[0]
		} else {
			return nil
		}
	}
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if value := node.Content[i+1]; node.Content[i].Value == key {
			if value.Kind == yaml.AliasNode {
				return value.Alias
			}
			return value
		}
	}
	return nil
}

// origins are the names that source= may have beside the built-in ones.
func (p *project) origins() []string { return slices.Sorted(maps.Keys(p.config.Origins)) }

// moduleRoot is the nearest directory above with a go.mod, "" if there is none.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

// shortened gives a path relative to the working directory if it is below it.
func shortened(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}
