package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kestgo/kest/generator"
	kest "github.com/kestgo/kest/runtime"
)

const usage = `Kestgen puts a Kest hook around the functions that ask for one.

	kestgen [-json] [packages]          write the wrappers
	kestgen check [-json] [-policies dir] [packages]
	                                    write nothing, say what is not up to date
	kestgen explain [-json] [packages]  say what each directive means
	kestgen vet [-json] [packages]      find calls around the hooks: kestgen vet -h
	kestgen version                     print the version

A comment above a function asks for a hook:

	//kest:verified policy=kest/allow_trusted source=internal resource=orders/{orderID}
	func processPayment(ctx context.Context, orderID string) error

and payment_kest.go, beside payment.go, then has ProcessPayment, which runs
processPayment only if the policy allows it. Packages are named as for go build;
none means the one in the current directory. To run kestgen with go generate:

	//go:generate go tool kestgen

The kest.yaml beside go.mod, if there is one, counts: its origins may be used as
source=, and its tiers add policies. With -policies, or the member policies of
kest.yaml, check also looks for every policy in the Rego files of that directory,
and type-checks them. Exit status: 0 fine, 1 mistakes in directives or policies
or, with check, outputs that are stale, missing or orphaned, 2 could not run.
`

// The exit statuses.
const (
	fine = iota
	findings
	couldNotRun
)

func run(args []string, stdout, stderr io.Writer) int {
	if status, ok := vet(args, stdout, stderr); ok {
		return status
	}
	command := "write"
	if len(args) > 0 && (args[0] == "check" || args[0] == "explain" || args[0] == "version") {
		command, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("kestgen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	var policyDir string
	if command == "check" {
		flags.StringVar(&policyDir, "policies", "", "")
	}
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
	p := printer{stdout: stdout, stderr: stderr, json: *asJSON}
	project, err := projectOf(".")
	if err != nil {
		return p.failed(err)
	}
	p.output, err = generator.Generate(context.Background(), generator.Options{Patterns: flags.Args(), Origins: project.origins()})
	if err != nil {
		return p.failed(err)
	}
	switch command {
	case "check":
		diagnostics, err := project.checkPolicies(policyDir, p.output)
		if err != nil {
			return p.failed(err)
		}
		return p.check(diagnostics)
	case "explain":
		return p.explain(project)
	}
	return p.write()
}
