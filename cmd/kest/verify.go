package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

const verifyUsage = `	kest verify --keys FILE [flags] PASSPORT

checks every entry of a passport and how they hang together: strict form,
signature by a key of its principal, parents, and taints and trust computed
again. PASSPORT is a file, or - for standard input.

	--keys FILE      JWK Set with the public keys to believe; required
	--config FILE    kest.yaml, for the origins that are registered there
	--tip HASH       expect this entry to be one that nothing follows; repeat it
	                 for each of them, all have to be named
	--count N        expect N entries
	--root HASH      expect this entry to be the only root
	--root-only      expect exactly one root
	--same-trace     expect the same trace_id along every edge
	--json           print the verdict as JSON

HASH is of 64 hex digits, as kest show --json prints it. Without --tip or --count
nobody can see that entries were cut off the end.

Exit status: 0 valid, 1 not valid, 2 could not run.
`

// request is what the command line asks for.
type request struct {
	verifier kest.Verifier // without keys and origins
	keys     string        // file
	config   string        // file, "" for none
	passport string        // file, or "-"
	// empty is set for --count 0, which Verifier.Count would not look at.
	empty bool
	json  bool
}

func verify(args []string, std streams) (int, error) {
	r, err := parseRequest(args)
	if err != nil {
		return couldNotRun, err
	}
	verifier, err := r.newVerifier()
	if err != nil {
		return couldNotRun, err
	}
	data, err := readPassport(r.passport, std.stdin)
	if err != nil {
		return couldNotRun, err
	}
	v, err := r.judge(verifier, data)
	if err != nil {
		return couldNotRun, err
	}
	status := findings
	if v.Valid {
		status = fine
	}
	if r.json {
		return writeJSON(std.stdout, status, v)
	}
	return write(std.stdout, status, r.text(v))
}

func parseRequest(args []string) (*request, error) {
	r := &request{}
	flags := newFlags("verify")
	keys, config := fileFlag(flags, "keys"), fileFlag(flags, "config")
	flags.Func("tip", "", r.addTip)
	flags.Func("count", "", r.setCount)
	flags.Func("root", "", r.setRoot)
	flags.BoolVar(&r.verifier.SingleRoot, "root-only", false, "")
	flags.BoolVar(&r.verifier.SameTrace, "same-trace", false, "")
	flags.BoolVar(&r.json, "json", false, "")
	names, err := parse(flags, args, "tip")
	if err != nil {
		return nil, err
	}
	r.keys, r.config = *keys, *config
	if r.keys == "" {
		return nil, misuse(flags, "no --keys: name the JWK Set with the public keys to believe")
	}
	r.passport, err = passportFile(flags, names)
	return r, err
}

func (r *request) addTip(hash string) error {
	r.verifier.Tips = append(r.verifier.Tips, hash)
	return checkHash(hash)
}

func (r *request) setRoot(hash string) error {
	r.verifier.Root = hash
	return checkHash(hash)
}

func (r *request) setCount(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("it must be a number of entries, 0 or more")
	}
	r.verifier.Count, r.empty = n, n == 0
	return nil
}

// checkHash refuses the short hashes of a table, which somebody could have made
// another entry for, and the empty text of an unset shell variable.
func checkHash(hash string) error {
	const digits = 64
	if len(hash) != digits || strings.Trim(hash, "0123456789abcdef") != "" {
		return fmt.Errorf("it must be all %d lower-case hex digits, as kest show --json prints them", digits)
	}
	return nil
}

// tailChecked says whether entries that were cut off the end would be seen.
func (r *request) tailChecked() bool {
	return r.verifier.Tips != nil || r.verifier.Count != 0 || r.empty
}

func (r *request) newVerifier() (*kest.Verifier, error) {
	data, err := readFile(r.keys, maxKeysSize+1)
	if err != nil {
		return nil, err
	}
	keys, err := kest.ParseKeySet(data)
	if err != nil {
		return nil, about(r.keys, err)
	}
	if keys.Len() == 0 {
		return nil, fmt.Errorf("%s: it has no keys, so nothing can be verified with it", r.keys)
	}
	verifier := r.verifier
	verifier.Keys = keys
	if r.config != "" {
		config, err := kest.LoadConfig(r.config)
		if err != nil {
			return nil, err
		}
		verifier.Origins = config.Origins
	}
	return &verifier, nil
}

// judge verifies a passport. The error means that there is no verdict.
func (r *request) judge(verifier *kest.Verifier, data []byte) (*verdict, error) {
	passport, err := kest.ParsePassport(data)
	if err != nil {
		return malformed(err), nil
	}
	accepted, err := verifier.Accept(context.Background(), passport)
	if err == nil && r.empty && passport.Len() > 0 {
		err = &kest.VerifyError{Entry: -1, Check: kest.CheckCount, Want: "0 entries", Got: fmt.Sprintf("%d entries", passport.Len())}
	}
	if err == nil {
		return valid(kest.PassportFromContext(accepted)), nil
	}
	failed, ok := errors.AsType[*kest.VerifyError](err)
	if !ok || failed.Check == kest.CheckVerifier {
		return nil, err
	}
	return invalid(passport, failed), nil
}
