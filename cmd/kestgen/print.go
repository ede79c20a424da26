package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
)

// printer tells the user what came of it.
type printer struct {
	output         *generator.Output
	stdout, stderr io.Writer
	json           bool
}

func (p *printer) failed(err error) int {
	fmt.Fprintf(p.stderr, "kestgen: %v\n", err)
	return couldNotRun
}

// write brings the disk up to date.
func (p *printer) write() int {
	if len(p.output.Diagnostics) > 0 {
		return p.diagnostics()
	}
	written, err := p.output.Write()
	if err != nil {
		return p.failed(err)
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

// diagnostics says what is wrong with the directives.
func (p *printer) diagnostics() int {
	if p.json {
		return p.encode(report{Diagnostics: diagnosticsOf(p.output.Diagnostics)}, findings)
	}
	p.list(p.output.Diagnostics)
	return findings
}

func (p *printer) list(errs []*annotations.Error) {
	for _, err := range errs {
		fmt.Fprintln(p.stderr, err)
	}
}

// check says what is wrong with directives and policies, and unless there are
// mistakes in directives, which files are not what they should be.
func (p *printer) check(policies []*annotations.Error) int {
	diagnostics := slices.Concat(p.output.Diagnostics, policies)
	sortDiagnostics(diagnostics)
	var outdated []*generator.File
	if len(p.output.Diagnostics) == 0 {
		outdated = p.output.Outdated()
	}
	status := fine
	if len(diagnostics)+len(outdated) > 0 {
		status = findings
	}
	if p.json {
		return p.encode(report{Diagnostics: diagnosticsOf(diagnostics), Files: p.files(outdated, true)}, status)
	}
	for _, f := range outdated {
		fmt.Fprint(p.stdout, p.output.Diff(f))
	}
	p.list(diagnostics)
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

func (p *printer) encode(r any, status int) int {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "\t")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return p.failed(err)
	}
	return status
}
