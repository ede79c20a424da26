package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/kestgo/kest/annotations"
	kest "github.com/kestgo/kest/runtime"
)

// The exit statuses.
const (
	fine        = iota
	findings    // the passport is not in order
	couldNotRun // and nothing is known about the passport
)

// streams are what a command reads and writes.
type streams struct {
	stdin  io.Reader
	stdout io.Writer
}

// A command gives an exit status, and an error for run to print.
type command struct {
	name  string
	usage string
	run   func(args []string, std streams) (status int, err error)
}

func commands() []command {
	return []command{
		{"verify", verifyUsage, verify},
		{"show", showUsage, show},
		{"approve", approveUsage, approve},
		{"approval", approvalUsage, approval},
		{"keys", keysUsage, keys},
		{"version", versionUsage, version},
		{"help", helpUsage, help},
	}
}

// run is the program. All that goes to stderr is written here.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	status, err := dispatch(args, streams{stdin, stdout})
	if err != nil {
		fmt.Fprintln(stderr, "kest: "+errorText(err))
	}
	return status
}

func dispatch(args []string, std streams) (int, error) {
	if len(args) == 0 {
		return couldNotRun, fmt.Errorf("no command: there are %s; kest help says more", strings.Join(commandNames(), ", "))
	}
	name := args[0]
	if name == "-h" || name == "-help" || name == "--help" {
		name = "help"
	}
	c, err := findCommand(name)
	if err != nil {
		return couldNotRun, err
	}
	status, err := c.run(args[1:], std)
	if errors.Is(err, flag.ErrHelp) {
		return write(std.stdout, fine, c.usage)
	}
	return status, err
}

func findCommand(name string) (command, error) {
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
	}
	hint := "there are " + strings.Join(commandNames(), ", ")
	if near := annotations.Nearest(name, commandNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return command{}, fmt.Errorf("unknown command %q: %s", name, hint)
}

func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// errorText is an error as it is printed: after one "kest: ", each line of a
// joined error on a line of its own, and without raw control characters, which
// may be in a file's name.
func errorText(err error) string {
	lines := strings.Split(withoutPrefix(err), "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n      ")
}

// withoutPrefix is the text of an error of package kest without the kind that
// it begins with: the exit status says that.
func withoutPrefix(err error) string {
	text := err.Error()
	for _, kind := range []error{kest.ErrLineageMalformed, kest.ErrLineage, kest.ErrConfig} {
		text = strings.TrimPrefix(text, kind.Error()+": ")
	}
	return strings.TrimPrefix(text, "kest: ")
}

// about is an error of package kest that says which file it is about.
func about(file string, err error) error { return errors.New(file + ": " + withoutPrefix(err)) }

// printable is a file's name, or another text that the user gave, quoted if it
// would not be seen as what it is.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(s)
	}
	return s
}
