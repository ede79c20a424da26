package main

import (
	"flag"
	"fmt"
	"math"
	"strings"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

// maxDeviationsSize and maxApprovalSize are what package kest reads at most, in
// bytes.
const (
	maxDeviationsSize = 128 << 10
	maxApprovalSize   = 1 << 10
)

// readDeviations reads the one argument of a command, a deviation file.
func readDeviations(flags *flag.FlagSet, names []string) (name string, _ *kest.DeviationFile, err error) {
	switch {
	case len(names) == 0 || names[0] == "":
		return "", nil, misuse(flags, "no deviation file: name one")
	case len(names) > 1:
		return "", nil, misuse(flags, "%d arguments: one deviation file at a time", len(names))
	case names[0] == "-":
		return "", nil, misuse(flags, "a deviation file cannot come from standard input: its signature stands beside it")
	}
	name = names[0]
	data, err := readFile(name, maxDeviationsSize+1)
	if err != nil {
		return "", nil, err
	}
	deviations, err := kest.ParseDeviationFile(data)
	if err != nil {
		return "", nil, about(name, err)
	}
	return name, deviations, nil
}

// deviationsText is what a file says, all of it. owner is who has approved it, ""
// for who is about to.
func deviationsText(name string, file *kest.DeviationFile, owner string) string {
	var list strings.Builder
	count := 0
	for scope, d := range file.Deviations() {
		count++
		operation := "operation " + word(scope)
		if scope == "*" {
			operation = "EVERY OPERATION"
		}
		fmt.Fprintf(&list, "  %s: the %s policy %s is not evaluated\n    reason: %s\n", operation, d.Tier, word(d.Policy), word(d.Reason))
		if d.Approver != "" && owner == "" {
			fmt.Fprintf(&list, "    approver: %s, who has to be the owner of the key\n", word(d.Approver))
		}
	}
	deviations := fmt.Sprintf("%d deviations", count)
	if count == 1 {
		deviations = "1 deviation"
	}
	if owner != "" {
		return fmt.Sprintf("approved: %s by %s, %s\n%s", printable(name), word(owner), deviations, list.String())
	}
	return fmt.Sprintf("approving: %s, %s\n%s", printable(name), deviations, list.String())
}

// word is a text of a file in full: who signs has to see its end, too.
func word(s string) string { return passporttable.Word(s, math.MaxInt) }
