// Package passporttable shows a passport to a person: a line for each entry
// with its operation, principal, trust, taints, hash and parents. It verifies
// nothing, so whoever prints a table should say what has been checked.
//
// What stands in an entry was written by somebody else, perhaps by somebody who
// wants the reader of the table to see something that is not there. See Word.
package passporttable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	kest "github.com/kestgo/kest/runtime"
)

// Widths in characters, above which a value is shortened.
const (
	maxWord   = 48
	maxList   = 40
	maxReason = 200
)

// HashDigits is how many hex digits of a hash are shown. They are for finding
// an entry, not for comparing: somebody can make another with the same ones.
const HashDigits = 12

// Write writes the table. An entry that does not decode has its line as well,
// and the reason stands below the table; undecodable is how many there are. The
// error is that of w.
func Write(w io.Writer, p *kest.Passport) (undecodable int, err error) {
	t := newTable(p.Tokens())
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "#\tOPERATION\tPRINCIPAL\tTRUST\tTAINTS\tHASH\tPARENTS")
	for i, token := range t.tokens {
		fmt.Fprintln(columns, strings.Join(t.row(i, token), "\t"))
	}
	columns.Flush()
	for _, note := range t.notes() {
		fmt.Fprintln(&text, note)
	}
	_, err = io.WriteString(w, text.String())
	return len(t.reasons), err
}

// table is what the rows of one passport have in common.
type table struct {
	tokens  []string
	hashes  []string
	byHash  map[string]int
	reasons []string // why entries do not decode
	missing bool     // a parent is not in the passport
}

func newTable(tokens []string) *table {
	t := &table{tokens: tokens, byHash: make(map[string]int, len(tokens))}
	for i, token := range tokens {
		hash := kest.Hash(token)
		t.hashes = append(t.hashes, hash)
		if _, repeated := t.byHash[hash]; !repeated {
			t.byHash[hash] = i
		}
	}
	return t
}

func (t *table) row(index int, token string) []string {
	number, hash := entryNumber(index), t.hashes[index][:HashDigits]
	entry, err := kest.DecodeEntry(token)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), kest.ErrLineage.Error()+": ")
		t.reasons = append(t.reasons, fmt.Sprintf("%s does not decode: %s", number, Text(reason, maxReason)))
		return []string{number, "(does not decode)", none, none, none, hash, none}
	}
	return []string{
		number,
		Word(entry.Operation, maxWord),
		Word(entry.Principal(), maxWord),
		strconv.Itoa(entry.TrustScore),
		taints(entry),
		hash,
		t.parents(entry),
	}
}

// none stands in an empty cell. Word quotes it when it comes from outside.
const none = "-"

func entryNumber(index int) string { return "#" + strconv.Itoa(index) }

func taints(entry *kest.Entry) string {
	words := make([]string, len(entry.Taints))
	for i, taint := range entry.Taints {
		words[i] = Word(taint, maxList)
	}
	return list(words)
}

// parents names the parents by their number in the table, since the reader's
// next step is to look there.
func (t *table) parents(entry *kest.Entry) string {
	if entry.IsRoot() {
		return "root"
	}
	words := make([]string, len(entry.ParentIDs))
	for i, id := range entry.ParentIDs {
		place, found := t.byHash[id]
		if !found {
			t.missing = true
			words[i] = "?" + id[:HashDigits]
			continue
		}
		words[i] = entryNumber(place)
	}
	return list(words)
}

func (t *table) notes() []string {
	notes := t.reasons
	if t.missing {
		notes = append(notes[:len(notes):len(notes)], "?: a parent that is not in this passport")
	}
	return notes
}

// list puts as many words into a cell as there is room for, at least one, and
// says how many more there are.
func list(words []string) string {
	if len(words) == 0 {
		return none
	}
	cell := words[0]
	for i, word := range words[1:] {
		if len(cell)+len(word) >= maxList {
			return fmt.Sprintf("%s,+%d", cell, len(words)-1-i)
		}
		cell += "," + word
	}
	return cell
}
