package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
	kest "github.com/kestgo/kest/runtime"
)

const usage = `Kestgen puts a Kest hook around the functions that ask for one.

	kestgen [-json] [packages]          write the wrappers
	kestgen check [-json] [packages]    write nothing, say what is not up to date
	kestgen version                     print the version

A comment above a function asks for a hook:

	//kest:verified policy=kest/allow_trusted source=internal resource=orders/{orderID}
	func processPayment(ctx context.Context, orderID string) error

and payment_kest.go, beside payment.go, then has ProcessPayment, which runs
processPayment only if the policy allows it. Packages are named as for go build;
none means the one in the current directory. To run kestgen with go generate:

	//go:generate go tool kestgen

The origins in the kest.yaml beside go.mod, if there is one, may be used as
source=. Exit status: 0 fine, 1 mistakes in directives or, with check, outputs
that are stale, missing or orphaned, 2 could not run.
`

// The exit statuses.
const (
	fine = iota
	findings
	couldNotRun
)

func run(args []string, stdout, stderr io.Writer) int {
	command := "write"
	if len(args) > 0 && (args[0] == "check" || args[0] == "version") {
		command, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("kestgen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return fine
	case err != nil:
		fmt.Fprintf(stderr, "kestgen: %v; kestgen -h says how to use it\n", err)
		return couldNotRun
	}
	if command == "version" {
		fmt.Fprintln(stdout, "kestgen "+kest.Version)
		return fine
	}
	origins, err := originsOf(".")
	if err != nil {
		fmt.Fprintf(stderr, "kestgen: %v\n", err)
		return couldNotRun
	}
	output, err := generator.Generate(context.Background(), generator.Options{Patterns: flags.Args(), Origins: origins})
	if err != nil {
		fmt.Fprintf(stderr, "kestgen: %v\n", err)
		return couldNotRun
	}
	p := printer{output: output, stdout: stdout, stderr: stderr, json: *asJSON, check: command == "check"}
	return p.finish()
}

// originsOf reads the origins that the kest.yaml in the module of a directory
// registers.
func originsOf(dir string) ([]string, error) {
	root, err := moduleRoot(dir)
	if err != nil || root == "" {
		return nil, err
	}
	path := filepath.Join(root, "kest.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	config, err := kest.LoadConfig(path)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(config.Origins)), nil
}

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

// printer tells the user what came of it.
type printer struct {
	output         *generator.Output
	stdout, stderr io.Writer
	json, check    bool
}

func (p *printer) finish() int {
	if len(p.output.Diagnostics) > 0 {
		return p.diagnostics()
	}
	if p.check {
		return p.outdated()
	}
	written, err := p.output.Write()
	if err != nil {
		fmt.Fprintf(p.stderr, "kestgen: %v\n", err)
		return couldNotRun
	}
	if p.json {
		return p.encode(report{Files: p.files(written, false)}, fine)
	}
	if os.Getenv("GOFILE") == "" { // go generate says what it runs, and wants no more
		for _, f := range written {
			verb := "wrote"
			if f.State() == generator.Orphaned {
				verb = "removed"
			}
			fmt.Fprintln(p.stdout, verb, p.output.Name(f))
		}
	}
	return fine
}

func (p *printer) diagnostics() int {
	if p.json {
		return p.encode(report{Diagnostics: diagnosticsOf(p.output.Diagnostics)}, findings)
	}
	for _, d := range p.output.Diagnostics {
		fmt.Fprintln(p.stderr, d)
	}
	return findings
}

func (p *printer) outdated() int {
	outdated := p.output.Outdated()
	status := fine
	if len(outdated) > 0 {
		status = findings
	}
	if p.json {
		return p.encode(report{Files: p.files(outdated, true)}, status)
	}
	for _, f := range outdated {
		fmt.Fprint(p.stdout, p.output.Diff(f))
	}
	for _, f := range outdated {
		fmt.Fprintf(p.stderr, "%s is %s: run kestgen (go generate ./...)\n", p.output.Name(f), f.State())
	}
	return status
}

// The JSON form of what kestgen has to say.
type (
	report struct {
		Diagnostics []diagnostic `json:"diagnostics,omitempty"`
		Files       []file       `json:"files,omitempty"`
	}
	diagnostic struct {
		File    string           `json:"file"`
		Line    int              `json:"line"`
		Column  int              `json:"column"`
		Code    annotations.Code `json:"code"`
		Message string           `json:"message"`
		Hint    string           `json:"hint"`
	}
	file struct {
		Name  string          `json:"name"`
		State generator.State `json:"state"`
		Diff  string          `json:"diff,omitempty"`
	}
)

func diagnosticsOf(errs []*annotations.Error) []diagnostic {
	var list []diagnostic
	for _, err := range errs {
		list = append(list, diagnostic{err.Pos.Filename, err.Pos.Line, err.Pos.Column, err.Code, err.Message, err.Hint})
	}
	return list
}

func (p *printer) files(files []*generator.File, diff bool) []file {
	var list []file
	for _, f := range files {
		entry := file{Name: p.output.Name(f), State: f.State()}
		if diff {
			entry.Diff = p.output.Diff(f)
		}
		list = append(list, entry)
	}
	return list
}

func (p *printer) encode(r report, status int) int {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "\t")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		fmt.Fprintf(p.stderr, "kestgen: %v\n", err)
		return couldNotRun
	}
	return status
}
