package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

const approveUsage = `	kest approve --key FILE [--force] DEVIATIONS

signs a deviation file as its approver and writes the signature beside it, into
DEVIATIONS.jws. The file is checked first, and what it says is printed.

	--key FILE    Ed25519 private key in PEM (PKCS#8), or - for standard input;
	              required. openssl genpkey -algorithm ed25519 makes one
	--force       replace a signature by another key

The signature is over the file's bytes as they are: who changes one has to ask
again. A file that others than its owner may read is not taken for a private key.

Exit status: 0 signed, 2 could not run, and nothing was written.
`

func approve(args []string, std streams) (int, error) {
	flags := newFlags("approve")
	keyFile := fileFlag(flags, "key")
	force := flags.Bool("force", false, "")
	names, err := parse(flags, args)
	if err != nil {
		return couldNotRun, err
	}
	if *keyFile == "" {
		return couldNotRun, noKey(flags)
	}
	name, deviations, err := readDeviations(flags, names)
	if err != nil {
		return couldNotRun, err
	}
	private, err := readPrivateKey(*keyFile, std.stdin)
	if err != nil {
		return couldNotRun, err
	}
	signature, err := deviations.Approve(private)
	clear(private)
	if err != nil {
		return couldNotRun, about(name, err)
	}
	approval, err := kest.ParseApproval(signature)
	if err != nil {
		return couldNotRun, err
	}
	path := name + kest.ApprovalSuffix
	if !*force {
		if err := mayReplace(path, approval.KeyID()); err != nil {
			return couldNotRun, err
		}
	}
	// Before anything is written: an approver has to see what is approved.
	if status, err := write(std.stdout, fine, deviationsText(name, deviations, "")); err != nil {
		return status, err
	}
	if err := replaceFile(path, signature); err != nil {
		return couldNotRun, err
	}
	return write(std.stdout, fine, fmt.Sprintf("signed: %s\n  key: %s\n", printable(path), approval.KeyID()))
}

// mayReplace refuses to write over what is not an approval by the same key: it
// was somebody else's decision.
func mayReplace(path, kid string) error {
	data, err := readFile(path, maxApprovalSize+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := kest.ParseApproval(data)
	switch {
	case err != nil:
		return fmt.Errorf("%s is there and is no signature of this kind: --force replaces it", path)
	case old.KeyID() != kid:
		return fmt.Errorf("%s is a signature by another key, %s: --force replaces it", path, passporttable.Word(old.KeyID(), 64))
	}
	return nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	// A signature is for everybody to check.
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
