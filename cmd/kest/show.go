package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
)

const showUsage = `	kest show [--json] PASSPORT

prints what the entries of a passport say. Nothing is verified: no key is asked
for, and anybody can write anything. PASSPORT is a file, or - for standard input.

	--json    the decoded entries as a JSON array

In the table an entry's parents are the numbers of the lines to look at. A value
that is not one word of plain ASCII is quoted with escapes; a long one is
shortened. --json has everything in full.

Exit status: 0 all entries decode, 1 some do not, or it is no passport, 2 could
not run.
`

func show(args []string, std streams) (int, error) {
	flags := newFlags("show")
	asJSON := flags.Bool("json", false, "")
	names, err := parse(flags, args)
	if err != nil {
		return couldNotRun, err
	}
	file, err := passportFile(flags, names)
	if err != nil {
		return couldNotRun, err
	}
	data, err := readPassport(file, std.stdin)
	if err != nil {
		return couldNotRun, err
	}
	passport, err := kest.ParsePassport(data)
	if err != nil {
		return findings, about(displayName(file), err)
	}
	if *asJSON {
		return showJSON(passport, std)
	}
	return showTable(file, passport, std)
}

func showTable(file string, passport *kest.Passport, std streams) (int, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s, NOT VERIFIED (see kest verify)\n", displayName(file), entryCount(passport.Len()))
	undecodable, err := passporttable.Write(&text, passport)
	if err != nil {
		return couldNotRun, err
	}
	status := fine
	if undecodable > 0 {
		status = findings
	}
	return write(std.stdout, status, text.String())
}

func entryCount(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// shownEntry is an element of kest show --json. It has Entry, the signed
// payload as it stands, or Error, why it does not decode.
type shownEntry struct {
	Index int             `json:"index"`
	Hash  string          `json:"hash"`
	Entry json.RawMessage `json:"entry,omitempty"`
	Error string          `json:"error,omitempty"`
}

func showJSON(passport *kest.Passport, std streams) (int, error) {
	status := fine
	entries := make([]shownEntry, passport.Len())
	for i, token := range passport.Tokens() {
		shown := shownEntry{Index: i, Hash: kest.Hash(token)}
		payload, err := decodedPayload(token)
		if err != nil {
			shown.Error = withoutPrefix(err)
			status = findings
		}
		shown.Entry = payload
		entries[i] = shown
	}
	return writeJSON(std.stdout, status, entries)
}

// decodedPayload is the payload of an entry that decodes, so that it is JSON.
func decodedPayload(token string) (json.RawMessage, error) {
	if _, err := kest.DecodeEntry(token); err != nil {
		return nil, err
	}
	parsed, err := jws.Parse(token)
	if err != nil {
		return nil, err
	}
	return parsed.Payload, nil
}
