package passporttable_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kestgo/kest/internal/passporttable"
	kest "github.com/kestgo/kest/runtime"
)

// The scripts of cmd/kest show whole tables.

func parse(t *testing.T, text string) *kest.Passport {
	t.Helper()
	p, err := kest.ParsePassport([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWriteUndecodable(t *testing.T) {
	var text strings.Builder
	undecodable, err := passporttable.Write(&text, parse(t, `["x", "", "a.b.c"]`))
	if err != nil || undecodable != 3 {
		t.Errorf("Write = %d, %v; want 3 entries that do not decode", undecodable, err)
	}
	for _, want := range []string{"#0  (does not decode)", "#2  (does not decode)", "#0 does not decode: token is not three segments"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}

func TestWriteEmpty(t *testing.T) {
	var text strings.Builder
	undecodable, err := passporttable.Write(&text, parse(t, `[]`))
	if err != nil || undecodable != 0 || strings.Count(text.String(), "\n") != 1 {
		t.Errorf("Write = %d, %v, %q; want the heading alone", undecodable, err, &text)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	if _, err := passporttable.Write(full{}, parse(t, `["x"]`)); !errors.Is(err, errFull) {
		t.Errorf("Write = %v, want the error of its writer", err)
	}
}
