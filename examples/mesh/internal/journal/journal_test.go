package journal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
)

func TestJournal(t *testing.T) {
	j := new(journal.Journal)
	if got := j.Of("A-1"); len(got) != 0 {
		t.Errorf("an empty journal has %q", got)
	}
	j.Note("A-1", "book")
	j.Note("A-2", "park")
	j.Note("A-1", "notify")
	if got := j.Of("A-1"); !slices.Equal(got, []string{"book", "notify"}) {
		t.Errorf("got %q", got)
	}
}

// TestJournalForgets: a service that runs for long does not run out of memory.
func TestJournalForgets(t *testing.T) {
	j := new(journal.Journal)
	for i := range 5000 {
		j.Note(fmt.Sprint(i), "book")
	}
	if got := j.Of("0"); len(got) != 0 {
		t.Errorf("the oldest order is still there: %q", got)
	}
	if got := j.Of("4999"); len(got) != 1 {
		t.Errorf("the newest order is not there: %q", got)
	}
}

func TestJournalOverHTTP(t *testing.T) {
	j := new(journal.Journal)
	j.Note("A-1", "book")
	mux := http.NewServeMux()
	mux.Handle("GET /journal/{order}", j)
	for order, want := range map[string]string{"A-1": `["book"]`, "A-2": `[]`} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/journal/"+order, nil))
		if got := strings.TrimSpace(answer.Body.String()); got != want {
			t.Errorf("%s: got %s, want %s", order, got, want)
		}
	}
}
