package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/customer"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
)

// theMesh runs for all tests of this package.
var theMesh struct {
	once sync.Once
	mesh *launch.Mesh
	err  error
	runs atomic.Int64 // how many tests it was given to
}

func TestMain(m *testing.M) {
	status := m.Run()
	if theMesh.mesh != nil {
		if err := stop(theMesh.mesh); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// stop stops the mesh, and finds what nobody asked for while it ran.
func stop(m *launch.Mesh) error {
	var problems []error
	for _, name := range []string{"gateway", "ledger", "notifier", "idp"} {
		log, err := m.Log(name)
		if err != nil {
			problems = append(problems, err)
		}
		for _, mark := range []string{"DATA RACE", "panic: ", "fatal error: ", "superfluous"} {
			if at := strings.Index(log, mark); at >= 0 {
				problems = append(problems, fmt.Errorf("%s wrote: %s", name, log[max(0, at-200):min(len(log), at+4000)]))
			}
		}
	}
	problems = append(problems, m.Stop())
	for _, address := range m.Addresses() {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			problems = append(problems, fmt.Errorf("somebody still listens on %s", address))
		}
	}
	return errors.Join(problems...)
}

// mesh is the mesh as a test sees it.
type mesh struct {
	*launch.Mesh
	t      *testing.T
	run    int64
	tokens map[string]string
}

// id makes an order's id one of this test alone, also when it runs again.
func (m *mesh) id(name string) string { return fmt.Sprintf("%s-%d", name, m.run) }

// start starts the mesh, or takes the one that runs.
func start(t *testing.T) *mesh {
	t.Helper()
	redis, opa := testserver.Find(t, "redis-server"), testserver.Find(t, "opa")
	theMesh.once.Do(func() {
		// Not the test's context: the mesh is for all of them.
		theMesh.mesh, theMesh.err = launch.Start(context.Background(),
			launch.Config{Files: files, Redis: redis, OPA: opa, Race: withRace})
	})
	if theMesh.err != nil {
		t.Fatal(theMesh.err)
	}
	m := &mesh{Mesh: theMesh.mesh, t: t, run: theMesh.runs.Add(1), tokens: make(map[string]string)}
	for _, user := range []string{launch.User, launch.Administrator} {
		token, err := m.Token(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		m.tokens[user] = token
	}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, name := range []string{"gateway", "ledger", "notifier", "idp", "opa"} {
			if log, err := m.Log(name); err == nil && log != "" {
				t.Logf("%s wrote:\n%s", name, log[max(0, len(log)-4000):])
			}
		}
	})
	return m
}

// with is the mesh for a subtest.
func (m *mesh) with(t *testing.T) *mesh { return &mesh{m.Mesh, t, m.run, m.tokens} }

// send sends a request; there has to be an answer.
func (m *mesh) send(r customer.Request) customer.Answer {
	m.t.Helper()
	answer, err := customer.Send(m.t.Context(), r)
	if err != nil {
		m.t.Fatal(err)
	}
	return answer
}

// ask sends a user's request to the gateway.
func (m *mesh) ask(user, path string, body any) customer.Answer {
	m.t.Helper()
	return m.send(customer.Request{URL: m.Gateway + path, Token: m.tokens[user], Body: body})
}

// allowed is ask for what has to be allowed, with so many entries that verify.
func (m *mesh) allowed(user, path string, body any, count int) []*kest.Entry {
	m.t.Helper()
	return m.entries(m.ask(user, path, body), count)
}

// entries are those of an answer, which has to be a receipt with a passport that
// verifies and has so many.
func (m *mesh) entries(answer customer.Answer, count int) []*kest.Entry {
	m.t.Helper()
	if answer.Status != http.StatusOK {
		m.t.Fatalf("got %d %s, want 200", answer.Status, answer.Problem.Type)
	}
	verifier := m.Verifier()
	verifier.Count = count
	if err := verifier.Verify(m.t.Context(), answer.Receipt.Passport); err != nil {
		m.t.Fatalf("the passport that arrived: %v", err)
	}
	return m.decode(answer.Receipt.Passport.Tokens())
}

func (m *mesh) decode(tokens []string) []*kest.Entry {
	m.t.Helper()
	var entries []*kest.Entry
	for _, token := range tokens {
		entry, err := kest.DecodeEntry(token)
		if err != nil {
			m.t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// refused is an answer that has to be a problem.
func (m *mesh) refused(answer customer.Answer, status int, problem string) {
	m.t.Helper()
	if answer.Status != status || answer.Problem.Type != problem {
		m.t.Errorf("got %d %s, want %d %s", answer.Status, answer.Problem.Type, status, problem)
	}
}

// ran is what has to have run for an order, at each service.
func (m *mesh) ran(order string, gateway, ledger, notifier []string) {
	m.t.Helper()
	for _, service := range []struct {
		name, url string
		want      []string
	}{{"gateway", m.Gateway, gateway}, {"ledger", m.Ledger, ledger}, {"notifier", m.Notifier, notifier}} {
		var got []string
		if err := json.Unmarshal([]byte(m.get(service.url+"/journal/"+order)), &got); err != nil {
			m.t.Fatal(err)
		}
		if !slices.Equal(got, service.want) {
			m.t.Errorf("for %s the %s ran %q, want %q", order, service.name, got, service.want)
		}
	}
}

func (m *mesh) get(url string) string {
	m.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		m.t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return string(text)
}

// A denial is the record of one in a service's log.
type denial struct {
	EntryID, Operation, Policy, Tier string
}

var errNoRecord = errors.New("the log has no record of the denial")

// denial finds the record of a denied call, which is written before the answer.
func (m *mesh) denial(service, entryID string) (denial, error) {
	m.t.Helper()
	log, err := m.Log(service)
	if err != nil {
		return denial{}, err
	}
	for line := range strings.Lines(log) {
		var record struct {
			EntryID   string `json:"entry_id"`
			Operation string `json:"operation"`
			Policy    string `json:"policy"`
			Tier      string `json:"tier"`
		}
		if json.Unmarshal([]byte(line), &record) == nil && record.EntryID == entryID && entryID != "" {
			return denial(record), nil
		}
	}
	return denial{}, errNoRecord
}

// trusts are the scores of entries.
func trusts(entries []*kest.Entry) (scores []int) {
	for _, entry := range entries {
		scores = append(scores, entry.TrustScore)
	}
	return scores
}

// principals are who signed.
func principals(entries []*kest.Entry) (ids []string) {
	for _, entry := range entries {
		ids = append(ids, entry.Principal())
	}
	return ids
}
