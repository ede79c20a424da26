package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

// audit prints the passport, verifies it, and verifies it once more with one
// byte of an entry altered.
func audit(ctx context.Context, w io.Writer, passport *kest.Passport, keys kest.KeySource) error {
	fmt.Fprint(w, "\nThe passport of the third payment:\n\n")
	if _, err := passporttable.Write(w, passport); err != nil {
		return err
	}
	verifier := kest.Verifier{Keys: keys, SingleRoot: true, Count: passport.Len()}
	if err := verifier.Verify(ctx, passport); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe verifier: valid, %d entries.\n", passport.Len())

	altered, err := flipByte(passport, 1)
	if err != nil {
		return err
	}
	failure, ok := errors.AsType[*kest.VerifyError](verifier.Verify(ctx, altered))
	if !ok {
		return errors.New("the altered passport verifies")
	}
	fmt.Fprintf(w, "With one byte of entry 1 altered: entry %d fails the check %q.\n  %v\n", failure.Entry, failure.Check, failure)
	return nil
}

// flipByte alters one byte in the payload of an entry: the last digit of its
// time stamp. What it leaves is well-formed, so that only the signature tells.
func flipByte(passport *kest.Passport, entry int) (*kest.Passport, error) {
	tokens := passport.Tokens()
	segments := strings.Split(tokens[entry], ".")
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return nil, err
	}
	payload[bytes.Index(payload, []byte(`,"trust_score"`))-1] ^= 1
	segments[1] = base64.RawURLEncoding.EncodeToString(payload)
	tokens[entry] = strings.Join(segments, ".")
	return kest.ParsePassport([]byte(`["` + strings.Join(tokens, `","`) + `"]`))
}

// write leaves what an auditor gets: the passport and the public keys.
func write(w io.Writer, dir string, passport *kest.Passport, keys *kest.KeySet) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content interface{ MarshalJSON() ([]byte, error) }
	}{
		{"passport.json", passport},
		{"keys.jwks", keys},
	} {
		text, err := file.content.MarshalJSON()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, file.name)
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(w, "wrote %s\n", path)
	}
	return nil
}
