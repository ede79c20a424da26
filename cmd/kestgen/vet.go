package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/kestgo/kest/generator/hookvet"
)

const vetUsage = `Kestgen vet reports every way in which a function with a //kest:verified
directive can be called around its hook.

	kestgen vet [-json] [packages]              report them
	kestgen vet -bypasses [-json] [packages]    list the uses that are allowed
	go vet -vettool=$(which kestgen) packages   the same report, cached by go vet

A comment on the line above allows one use, and has to say why:

	//kest:bypass "reason=migration until March"
	err := processPayment(ctx, order)

Packages are named as for go vet, and their tests are looked at too; none means
the one in the current directory. Exit status: 0 fine, 1 findings, 2 could not
run, for instance because a package does not compile.
`

// vet runs kestgen vet, and what go vet -vettool asks for, if the arguments are
// those of one of them.
func vet(args []string, stdout, stderr io.Writer) (status int, ok bool) {
	if isVetTool(args) {
		unitchecker.Main(hookvet.Analyzer) // reads os.Args and exits
	}
	if len(args) == 0 || args[0] != "vet" {
		return fine, false
	}
	flags := flag.NewFlagSet("kestgen vet", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	bypasses := flags.Bool("bypasses", false, "")
	switch err := flags.Parse(args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, vetUsage)
		return fine, true
	case err != nil:
		fmt.Fprintf(stderr, "kestgen: %v; kestgen vet -h says how to use it\n", err)
		return couldNotRun, true
	}
	report, err := hookvet.Check(context.Background(), hookvet.Options{Patterns: flags.Args()})
	if err != nil {
		fmt.Fprintf(stderr, "kestgen: cannot vet what does not compile, or is not there:\n%v\n", err)
		return couldNotRun, true
	}
	p := vetPrinter{report: report, stdout: stdout, stderr: stderr, json: *asJSON}
	if *bypasses {
		return p.bypasses(), true
	}
	return p.findings(), true
}

// isVetTool recognizes the arguments by which go vet calls a tool.
func isVetTool(args []string) bool {
	if len(args) == 0 {
		return false
	}
	return args[0] == "-V=full" || args[0] == "-flags" || strings.HasSuffix(args[len(args)-1], ".cfg")
}

// vetPrinter tells the user what was found.
type vetPrinter struct {
	report         *hookvet.Report
	stdout, stderr io.Writer
	json           bool
}

// The JSON form of what kestgen vet has to say.
type (
	vetReport struct {
		Findings []vetFinding `json:"findings"`
	}
	vetFinding struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	bypassReport struct {
		Bypasses []allowedUse `json:"bypasses"`
	}
	allowedUse struct {
		File     string `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Function string `json:"function"`
		Reason   string `json:"reason"`
	}
)

func (p *vetPrinter) findings() int {
	status := fine
	if len(p.report.Findings) > 0 {
		status = findings
	}
	report := vetReport{Findings: []vetFinding{}}
	for _, f := range p.report.Findings {
		if !p.json {
			fmt.Fprintf(p.stderr, "%s:%d:%d: %s\n", p.name(f.Pos.Filename), f.Pos.Line, f.Pos.Column, f.Message)
		}
		report.Findings = append(report.Findings, vetFinding{p.name(f.Pos.Filename), f.Pos.Line, f.Pos.Column, f.Code, f.Message})
	}
	if p.json {
		return p.encode(report, status)
	}
	return status
}

// bypasses lists what is allowed. A wrong bypass is a finding here as well, so
// that the list cannot be taken for complete when it is not.
func (p *vetPrinter) bypasses() int {
	report := bypassReport{Bypasses: []allowedUse{}}
	for _, b := range p.report.Bypasses {
		if !p.json {
			fmt.Fprintf(p.stdout, "%s:%d:%d: %s: %s\n", p.name(b.Pos.Filename), b.Pos.Line, b.Pos.Column, b.Function, b.Reason)
		}
		report.Bypasses = append(report.Bypasses, allowedUse{p.name(b.Pos.Filename), b.Pos.Line, b.Pos.Column, b.Function, b.Reason})
	}
	status := fine
	for _, f := range p.report.Findings {
		if f.Code == hookvet.CodeBypass {
			fmt.Fprintf(p.stderr, "%s:%d:%d: %s\n", p.name(f.Pos.Filename), f.Pos.Line, f.Pos.Column, f.Message)
			status = findings
		}
	}
	if p.json {
		return p.encode(report, status)
	}
	return status
}

func (p *vetPrinter) encode(report any, status int) int {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "\t")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(report); err != nil {
		fmt.Fprintf(p.stderr, "kestgen: %v\n", err)
		return couldNotRun
	}
	return status
}

// name is that of a file as seen from the current directory, if it is below.
func (p *vetPrinter) name(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}
