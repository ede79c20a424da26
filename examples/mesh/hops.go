package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

// maxCell is how many characters of a text are shown.
const maxCell = 48

// writeHops prints a line for each entry of a passport: what ran where, on whose
// behalf, and how far it is trusted.
func writeHops(w io.Writer, passport *kest.Passport) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "   OPERATION\tPRINCIPAL\tUSER\tTRUST\tTAINTS\tDEVIATIONS")
	for _, token := range passport.Tokens() {
		entry, err := kest.DecodeEntry(token)
		if err != nil {
			return err
		}
		identity, err := identityOf(entry)
		if err != nil {
			return err
		}
		deviations := make([]string, len(entry.PolicyContext.Deviations))
		for i, d := range entry.PolicyContext.Deviations {
			deviations[i] = d.Policy
		}
		fmt.Fprintln(columns, "   "+strings.Join([]string{
			passporttable.Word(entry.Operation, maxCell),
			passporttable.Word(entry.Principal(), maxCell),
			passporttable.Word(identity.User, maxCell),
			strconv.Itoa(entry.TrustScore),
			cell(entry.Taints),
			cell(deviations),
		}, "\t"))
	}
	return columns.Flush()
}

func cell(words []string) string {
	if len(words) == 0 {
		return "-"
	}
	return passporttable.Word(strings.Join(words, ","), maxCell)
}

// identity is the label kest.identity.
type identity struct {
	User  string `json:"user"`
	Agent string `json:"agent"`
	Task  string `json:"task"`
}

// identityOf reads on whose behalf an entry's call ran.
func identityOf(entry *kest.Entry) (id identity, err error) {
	text, ok := entry.Labels[kest.LabelIdentity]
	if !ok {
		return id, nil
	}
	err = json.Unmarshal([]byte(text), &id)
	return id, err
}
