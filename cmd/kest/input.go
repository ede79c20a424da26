package main

import (
	"errors"
	"flag"
	"io"
	"os"

	kest "github.com/kestgo/kest/runtime"
)

// maxKeysSize is the size in bytes of the largest key file that package kest
// reads.
const maxKeysSize = 1 << 20

// passportFile is the one argument of a command: a file's name, or "-".
func passportFile(flags *flag.FlagSet, names []string) (string, error) {
	switch {
	case len(names) == 0 || names[0] == "":
		return "", misuse(flags, "no passport: name its file, or - for standard input")
	case len(names) > 1:
		return "", misuse(flags, "%d arguments: one passport at a time", len(names))
	}
	return names[0], nil
}

// displayName is the name of a passport file as it is printed.
func displayName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return printable(file)
}

// readPassport reads one byte more than a passport may have, so that
// kest.ParsePassport refuses a larger one.
func readPassport(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(stdin, kest.MaxPassportSize+1))
	}
	return readFile(file, kest.MaxPassportSize+1)
}

func readFile(name string, limit int64) (_ []byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, limit))
}
