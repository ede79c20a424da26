package main

import (
	"flag"
	"fmt"

	kest "github.com/kestgo/kest/runtime"
)

const keysUsage = `	kest keys --key FILE --sub NAME

prints the public half of a key as a JWK Set, for deviation_keys or keys of a
kest.yaml.

	--key FILE    Ed25519 key in PEM, private (PKCS#8) or public, or - for standard
	              input; required
	--sub NAME    whose key it is: the approver, or the workload id; required

To bound when the key is valid, add "nbf" and "exp" (seconds since 1970) to it.

Exit status: 0 printed, 2 could not run.
`

func keys(args []string, std streams) (int, error) {
	flags := newFlags("keys")
	file := fileFlag(flags, "key")
	subject := flags.String("sub", "", "")
	names, err := parse(flags, args)
	switch {
	case err != nil:
		return couldNotRun, err
	case *file == "":
		return couldNotRun, noKey(flags)
	case *subject == "":
		return couldNotRun, misuse(flags, "no --sub: say whose key it is")
	case len(names) > 0:
		return couldNotRun, misuse(flags, "it takes no arguments")
	}
	public, err := readPublicKey(*file, std.stdin)
	if err != nil {
		return couldNotRun, err
	}
	set, err := kest.NewKeySet(kest.Key{Subject: *subject, Public: public})
	if err != nil {
		return couldNotRun, err
	}
	text, err := set.MarshalJSON()
	if err != nil {
		return couldNotRun, fmt.Errorf("--sub: %w", err)
	}
	return write(std.stdout, fine, string(asciiJSON(text))+"\n")
}

func noKey(flags *flag.FlagSet) error {
	return misuse(flags, "no --key: name the PEM file of the key; %s", generateHint)
}
