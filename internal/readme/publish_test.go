package readme

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/kestgo/kest"

// publish makes a module proxy in a folder that has this working tree as a
// version of its own, and gives the environment that uses it. What the module
// depends on comes from the module cache, so nothing is asked of the network.
func publish(t *testing.T, root string) (environment []string) {
	t.Helper()
	version := module.Version{Path: modulePath, Version: fmt.Sprintf("v0.0.0-quickstart.%d", time.Now().UnixNano())}
	proxy := filepath.Join(t.TempDir(), "proxy")
	dir := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":%q}`, version.Version, time.Now().UTC().Format(time.RFC3339))
	for name, content := range map[string]string{
		"list":                    version.Version + "\n",
		version.Version + ".info": info,
		version.Version + ".mod":  string(gomod),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := os.Create(filepath.Join(dir, version.Version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if err := zip.CreateFromDir(archive, version, workingTree(t, root)); err != nil {
		t.Fatal(err)
	}
	// The cache has to hold all go.mod files of the module graph, and what the
	// packages of this module are built from.
	for _, args := range [][]string{{"mod", "graph"}, {"list", "-deps", "./..."}} {
		fill := exec.Command("go", args...)
		fill.Dir = root
		if out, err := fill.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	cache := goEnv(t, "GOMODCACHE")
	t.Cleanup(func() {
		_ = os.RemoveAll(filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+version.Version))
		leftovers, _ := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(modulePath), "@v", version.Version+"*"))
		for _, path := range leftovers {
			_ = os.Remove(path)
		}
	})
	return append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(filepath.Join(cache, "cache", "download")),
		"GOSUMDB=off", "GOWORK=off", "GOFLAGS=-modcacherw")
}

// workingTree copies what git knows of, or would, into an empty folder: no
// build products.
func workingTree(t *testing.T, root string) string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	dir := t.TempDir()
	for name := range strings.Lines(string(list)) {
		name = filepath.FromSlash(strings.TrimSuffix(name, "\n"))
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	return strings.TrimSpace(string(out))
}
