package cedaragent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

// limit is a time-out that no call should need: far more than an answer takes on
// a busy machine, far less than a call that waits for ever.
const limit = 30 * time.Second

func newEngine(t testing.TB, config cedaragent.Config) *cedaragent.Engine {
	t.Helper()
	if config.Timeout == 0 {
		config.Timeout = limit
	}
	engine, err := cedaragent.New(config)
	check(t, err)
	return engine
}

// writeFiles has the statements in the form that cedar-agent wants.
func writeFiles(t testing.TB, statements []cedarconformance.Statement, entities []byte) testserver.CedarAgentFiles {
	t.Helper()
	policies := make(map[string]string, len(statements))
	for _, s := range statements {
		policies[s.ID] = s.Text
	}
	return testserver.WriteCedarAgentFiles(t, policies, entities)
}

func conformanceFiles(t testing.TB) testserver.CedarAgentFiles {
	return writeFiles(t, cedarconformance.Statements(), cedarconformance.Entities())
}

// newAgent runs a cedar-agent on a free port of the loopback interface.
func newAgent(t testing.TB, f testserver.CedarAgentFiles, arguments ...string) (url string) {
	t.Helper()
	address := testserver.Address(t)
	testserver.StartCedarAgent(t, address, f, arguments...)
	return "http://" + address + "/v1"
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func checkError(t *testing.T, err, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v does not match %v", err, target)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}
