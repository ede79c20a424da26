package main

import (
	"fmt"
	"strings"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

// checkFormat is the check that the file is a passport at all: a JSON array of
// strings, within the limits of size and number.
const checkFormat kest.Check = "format"

// verdict is what came of verifying a passport, and the JSON that kest verify
// --json prints. docs/audit.md promises its members.
type verdict struct {
	Valid   bool     `json:"valid"`
	Entries int      `json:"entries"` // 0 when the file is no passport
	Tips    []string `json:"tips"`    // hashes, none unless the passport is valid
	*failure
}

// failure says what is wrong, in a verdict that is not valid.
type failure struct {
	Entry     *int       `json:"entry"`     // index from 0, null for the passport as a whole
	Hash      string     `json:"hash"`      // of the entry
	Operation string     `json:"operation"` // as the entry says, "" if it does not decode
	Check     kest.Check `json:"check"`
	Want      string     `json:"want"`
	Got       string     `json:"got"`
	Message   string     `json:"message"`

	reason string // when it is not a matter of Want and Got
}

func valid(accepted *kest.Passport) *verdict {
	return &verdict{Valid: true, Entries: accepted.Len(), Tips: accepted.Tips()}
}

func malformed(err error) *verdict {
	text := withoutPrefix(err)
	return &verdict{Tips: []string{}, failure: &failure{Check: checkFormat, Message: text, reason: text}}
}

func invalid(passport *kest.Passport, err *kest.VerifyError) *verdict {
	f := &failure{Hash: err.Hash, Check: err.Check, Want: err.Want, Got: err.Got, Message: withoutPrefix(err)}
	if err.Err != nil {
		f.reason = err.Err.Error()
	}
	if err.Entry >= 0 {
		f.Entry = &err.Entry
		if entry, undecodable := kest.DecodeEntry(passport.Tokens()[err.Entry]); undecodable == nil {
			f.Operation = entry.Operation
		}
	}
	return &verdict{Entries: passport.Len(), Tips: []string{}, failure: f}
}

// text is the verdict for a person.
func (r *request) text(v *verdict) string {
	if !v.Valid {
		return "NOT VALID: " + displayName(r.passport) + "\n" + v.failure.text()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "valid: %s, %s\n", displayName(r.passport), entryCount(v.Entries))
	if v.Entries == 0 {
		b.WriteString("  an empty passport proves nothing\n")
	}
	for _, tip := range v.Tips {
		fmt.Fprintf(&b, "  tip: %s\n", tip)
	}
	if !r.tailChecked() {
		b.WriteString("  not checked: entries cut off the end cannot be seen without --tip or --count\n")
	}
	return b.String()
}

// maxShown is how many characters of a value that comes from the passport are
// shown.
const maxShown = 400

func (f *failure) text() string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-11s%s\n", name+":", value)
		}
	}
	if f.Entry != nil {
		line("entry", fmt.Sprintf("%d (%s)", *f.Entry, f.Hash[:passporttable.HashDigits]))
	}
	if f.Operation != "" {
		line("operation", passporttable.Word(f.Operation, maxShown))
	}
	line("check", string(f.Check))
	if f.reason != "" {
		line("reason", passporttable.Text(f.reason, maxShown))
		return b.String()
	}
	line("want", passporttable.Text(f.Want, maxShown))
	line("got", passporttable.Text(f.Got, maxShown))
	return b.String()
}
