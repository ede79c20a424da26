package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kestgen": main})
}

// TestScripts runs testdata/*.txtar, one per behaviour, each in a module of its
// own that uses this one as it stands here.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	settings := goEnv(t, "GOCACHE", "GOMODCACHE", "GOPATH", "GOROOT")
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"subst": subst},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, settings...)
			env.Vars = append(env.Vars, "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local", "GOFILE=", "KEST="+root)
			return writeModule(env.Getenv("WORK"), root)
		},
	})
}

// writeModule makes a module that uses this one as it stands here.
func writeModule(dir, root string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	text := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(mod), "module example.com/m")
	text += "\nrequire github.com/kestgo/kest v0.0.0\nreplace github.com/kestgo/kest => " + root + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o666)
}

// subst is a command of the scripts: subst file… replaces $NAME within files by
// the environment's value.
func subst(ts *testscript.TestScript, neg bool, files []string) {
	if neg || len(files) == 0 {
		ts.Fatalf("usage: subst file…")
	}
	for _, file := range files {
		path := ts.MkAbs(file)
		ts.Check(os.WriteFile(path, []byte(os.Expand(ts.ReadFile(file), ts.Getenv)), 0o666))
	}
}

// goEnv gives settings of the go command, which the scripts share with us.
func goEnv(t *testing.T, names ...string) []string {
	t.Helper()
	output, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for i, value := range strings.Split(strings.TrimSpace(string(output)), "\n") {
		list = append(list, names[i]+"="+value)
	}
	return list
}
