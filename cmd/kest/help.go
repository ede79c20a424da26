package main

import kest "github.com/kestgo/kest/runtime"

const helpUsage = `Kest shows and verifies Kest passports, and signs deviation files. It works
offline and sends nothing.

	kest verify --keys FILE [flags] PASSPORT    check signatures, links, taints and trust
	kest show [--json] PASSPORT                 print what the entries say, unchecked
	kest approve --key FILE DEVIATIONS          sign a deviation file as its approver
	kest approval --keys FILE DEVIATIONS        check who approved a deviation file
	kest keys --key FILE --sub NAME             print a public key as a JWK Set
	kest version                                print the version
	kest help [COMMAND]                         say more about a command

PASSPORT is a file with a JSON array of compact JWS strings, or - for standard
input. Flags may stand before and after it.

Exit status: 0 in order, 1 the passport or approval is not in order, 2 could not
run.
`

const versionUsage = `	kest version

prints the version of this command, which is that of the library.
`

func help(args []string, std streams) (int, error) {
	flags := newFlags("help")
	names, err := parse(flags, args)
	switch {
	case err != nil:
		return couldNotRun, err
	case len(names) == 0:
		return write(std.stdout, fine, helpUsage)
	case len(names) > 1:
		return couldNotRun, misuse(flags, "%d arguments: one command at a time", len(names))
	}
	c, err := findCommand(names[0])
	if err != nil {
		return couldNotRun, err
	}
	return write(std.stdout, fine, c.usage)
}

func version(args []string, std streams) (int, error) {
	flags := newFlags("version")
	names, err := parse(flags, args)
	switch {
	case err != nil:
		return couldNotRun, err
	case len(names) > 0:
		return couldNotRun, misuse(flags, "it takes no arguments")
	}
	return write(std.stdout, fine, "kest "+kest.Version+"\n")
}
