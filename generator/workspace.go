package generator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// workspaceModules gives the modules of the workspace that are below a directory
// which is in no module itself: there, ./... means all of them. Below a module,
// as for the go command, ./... means that module alone.
func workspaceModules(root string, env []string) ([]string, error) {
	if above(root, "go.mod") != "" {
		return nil, nil
	}
	path := above(root, "go.work")
	if env == nil {
		env = os.Environ()
	}
	for _, v := range env {
		if set, ok := strings.CutPrefix(v, "GOWORK="); ok && set != "" {
			path = set
		}
	}
	if path == "" || path == "off" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(path, text, nil)
	if err != nil {
		return nil, fmt.Errorf("the workspace does not parse: %w", err)
	}
	var dirs []string
	for _, use := range work.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(path), dir)
		}
		if rel, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(rel) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// above gives the path of the nearest file of a name in a directory or above it,
// "" if there is none.
func above(dir, name string) string {
	for {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
