package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
)

func newFlags(command string) *flag.FlagSet {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // its errors are printed by run
	return flags
}

// parse reads flags and gives the other arguments. Flags may stand before and
// after them: package flag alone stops at the first file name, and an
// expectation that stands behind it would not be looked at. After "--" nothing
// is a flag. A flag may be given once, but for those that are named repeatable.
func parse(flags *flag.FlagSet, args []string, repeatable ...string) (names []string, err error) {
	seen := make(map[string]bool)
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			return append(names, args[1:]...), nil
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			names, args = append(names, arg), args[1:]
			continue
		}
		name, size, err := nextFlag(flags, arg)
		if err != nil {
			return nil, err
		}
		if seen[name] && !slices.Contains(repeatable, name) {
			return nil, misuse(flags, "--%s is given twice: which one counts?", name)
		}
		seen[name] = true
		size = min(size, len(args))
		if err := flags.Parse(args[:size]); err != nil {
			return nil, misuse(flags, "%w", err)
		}
		args = args[size:]
	}
	return names, nil
}

// nextFlag gives the name of a flag and how many arguments it is long.
func nextFlag(flags *flag.FlagSet, arg string) (name string, size int, err error) {
	name, _, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	found := flags.Lookup(name)
	switch {
	case found == nil && (name == "h" || name == "help"):
		return "", 0, flag.ErrHelp
	case found == nil:
		hint := ""
		if near := annotations.Nearest(name, flagNames(flags)); near != "" {
			hint = fmt.Sprintf(": did you mean --%s?", near)
		}
		return "", 0, misuse(flags, "unknown flag %q%s", arg, hint)
	case hasValue || isBool(found):
		return name, 1, nil
	}
	return name, 2, nil
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func flagNames(flags *flag.FlagSet) (names []string) {
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// misuse is an error that the command line itself is to blame for.
func misuse(flags *flag.FlagSet, format string, args ...any) error {
	return fmt.Errorf("%s: %w; kest %s -h says how to use it", flags.Name(), fmt.Errorf(format, args...), flags.Name())
}

// fileFlag is a flag that names a file. An empty name is an error: it comes from
// a shell variable that is not set, and must not count as no flag.
func fileFlag(flags *flag.FlagSet, name string) *string {
	path := new(string)
	flags.Func(name, "", func(value string) error {
		if value == "" {
			return fmt.Errorf("it names no file")
		}
		*path = value
		return nil
	})
	return path
}
