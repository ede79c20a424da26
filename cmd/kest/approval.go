package main

import (
	"time"

	kest "github.com/kestgo/kest/runtime"
)

const approvalUsage = `	kest approval --keys FILE DEVIATIONS

checks the signature beside a deviation file, DEVIATIONS.jws, and prints who
approved what, as of now.

	--keys FILE    JWK Set with the public keys of the approvers; required

Exit status: 0 approved, 1 not approved, 2 could not run.
`

func approval(args []string, std streams) (int, error) {
	flags := newFlags("approval")
	keysFile := fileFlag(flags, "keys")
	names, err := parse(flags, args)
	if err != nil {
		return couldNotRun, err
	}
	if *keysFile == "" {
		return couldNotRun, misuse(flags, "no --keys: name the JWK Set with the public keys of the approvers")
	}
	name, deviations, err := readDeviations(flags, names)
	if err != nil {
		return couldNotRun, err
	}
	data, err := readFile(*keysFile, maxKeysSize+1)
	if err != nil {
		return couldNotRun, err
	}
	keys, err := kest.ParseKeySet(data)
	if err != nil {
		return couldNotRun, about(*keysFile, err)
	}
	path := name + kest.ApprovalSuffix
	data, err = readFile(path, maxApprovalSize+1)
	if err != nil {
		return couldNotRun, err
	}
	signature, err := kest.ParseApproval(data)
	if err != nil {
		return findings, about(path, err)
	}
	owner, err := deviations.Approver(signature, keys, time.Now())
	if err != nil {
		return findings, about(path, err)
	}
	return write(std.stdout, fine, deviationsText(name, deviations, owner))
}
