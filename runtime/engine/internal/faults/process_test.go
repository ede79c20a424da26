package faults

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/kestgo/kest/internal/testserver"
)

// TestFaultsOfOPA is the engine opa and a real server, where one can be made to
// show the fault: policies that allow, deny, give other types, have two values
// (which OPA answers with status 500), or break off at a failed function; the
// policies being replaced while it serves; and the process being killed. What
// the policies said is read from the server's decision log. The servers that are
// slow or half-closed, and the caller who goes away, are in TestFaults.
func TestFaultsOfOPA(t *testing.T) {
	program := testserver.Find(t, "opa")
	for _, f := range []fault{allow, deny, dead, wrongType, garbage, halfClosed, reload} {
		t.Run(string(f), func(t *testing.T) {
			address := testserver.Address(t)
			server := testserver.Start(t, address, program, "run", "--server", "--addr", address,
				"--log-level", "error", "--set", "decision_logs.console=true")
			w := newWorld(f)
			var err error
			if w.engine, err = newOPA("http://"+address, f); err != nil {
				t.Fatal(err)
			}
			put(t, address, 1)
			switch f {
			case dead:
				w.halfway, w.lossy = server.Kill, true
			case reload:
				w.halfway = func() { put(t, address, 2) }
			case halfClosed:
				w.told = new(noDecision)
			}
			w.finish = func() {
				server.Kill()
				readDecisions(t, w.ledger, server.Output())
			}
			w.check(t, w.run(t))
		})
	}
}

// put gives the server a version of the policies, one after the other.
func put(t *testing.T, address string, version int) {
	for _, policy := range policies {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
			"http://"+address+"/v1/policies/"+strings.TrimPrefix(policy, "fault/"), strings.NewReader(regoModule(version, policy)))
		if err != nil {
			t.Error(err)
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: OPA answered %s", policy, response.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// readDecisions fills the ledger from the decision log.
func readDecisions(t *testing.T, l *ledger, log string) {
	n := 0
	for line := range strings.Lines(log) {
		var decision struct {
			Message string `json:"msg"`
			Path    string
			Input   struct{ Object struct{ ID string } }
			Result  *struct{ Allow any }
			Error   any
		}
		if err := json.Unmarshal([]byte(line), &decision); err != nil || decision.Message != "Decision Log" {
			continue // a line that the kill cut off, or another log
		}
		_, call, err := wordOf(allow, 1, decision.Path, decision.Input.Object.ID)
		if err != nil {
			t.Error(err)
			continue
		}
		n++
		what := noDecision
		if decision.Error == nil && decision.Result != nil {
			switch decision.Result.Allow {
			case true:
				what = yes
			case false, nil:
				what = no
			}
		}
		l.note(call, decision.Path, what)
	}
	if n < calls {
		t.Errorf("the decision log has %d decisions", n)
	}
}
