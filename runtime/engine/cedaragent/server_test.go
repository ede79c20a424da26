package cedaragent_test

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
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

// files are what a cedar-agent loads when it starts.
type files struct{ policies, entities string }

// writeFiles has the statements in the form that cedar-agent wants.
func writeFiles(t testing.TB, statements []cedarconformance.Statement, entities []byte) files {
	t.Helper()
	type policy struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	}
	var list []policy
	for _, s := range statements {
		list = append(list, policy{s.ID, s.Text})
	}
	text, err := json.Marshal(list)
	check(t, err)
	dir := t.TempDir()
	f := files{filepath.Join(dir, "policies.json"), filepath.Join(dir, "entities.json")}
	check(t, os.WriteFile(f.policies, text, 0o600))
	check(t, os.WriteFile(f.entities, entities, 0o600))
	return f
}

func conformanceFiles(t testing.TB) files {
	return writeFiles(t, cedarconformance.Statements(), cedarconformance.Entities())
}

// startAgent runs the program cedar-agent at an address.
func startAgent(t testing.TB, address string, f files, arguments ...string) *testserver.Process {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	check(t, err)
	// Variables called PORT, DATA or POLICIES override the agent's arguments, so
	// it gets no environment. env becomes the agent: signals arrive.
	arguments = append([]string{"-i", testserver.Find(t, "cedar-agent"), "--addr", host, "--port", port,
		"--policies", f.policies, "--data", f.entities, "--log-level", "warn"}, arguments...)
	return testserver.Start(t, address, testserver.Find(t, "env"), arguments...)
}

// newAgent runs a cedar-agent on a free port of the loopback interface.
func newAgent(t testing.TB, f files, arguments ...string) (url string) {
	t.Helper()
	address := testserver.Address(t)
	startAgent(t, address, f, arguments...)
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
