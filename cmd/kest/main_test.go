package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the output that the scripts of testdata compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kest": main})
}

// TestScripts runs the scripts of testdata, one for each behaviour. Each finds
// the passports and keys of fixtures in its directory.
func TestScripts(t *testing.T) {
	files, vars := fixtures(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"status": status},
		Setup: func(env *testscript.Env) error {
			env.Setenv("VERSION", kest.Version)
			// A program with the race detector sleeps for a second at its end.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			for name, value := range vars {
				env.Setenv(name, value)
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), text, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// status runs a program that has to end with an exit status: 0, 1 and 2 mean
// different things to an auditor.
//
//	status 1 kest verify …
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
