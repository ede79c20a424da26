package testserver

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// CedarAgentFiles are what a cedar-agent loads when it starts.
type CedarAgentFiles struct{ Policies, Entities string }

// WriteCedarAgentFiles writes policies, by id, and entities in the form that
// cedar-agent wants.
func WriteCedarAgentFiles(t testing.TB, policies map[string]string, entities []byte) CedarAgentFiles {
	t.Helper()
	type policy struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	}
	var list []policy
	for _, id := range slices.Sorted(maps.Keys(policies)) {
		list = append(list, policy{id, policies[id]})
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := CedarAgentFiles{filepath.Join(dir, "policies.json"), filepath.Join(dir, "entities.json")}
	for path, content := range map[string][]byte{files.Policies: text, files.Entities: entities} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// StartCedarAgent runs the program cedar-agent at an address. Its URL is http:// and
// the address and /v1. It starts without policies that it cannot load.
func StartCedarAgent(t testing.TB, address string, files CedarAgentFiles, arguments ...string) *Process {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	// Variables called PORT, DATA or POLICIES override the agent's arguments, so
	// it gets no environment. env becomes the agent: signals arrive.
	arguments = append([]string{"-i", Find(t, "cedar-agent"), "--addr", host, "--port", port,
		"--policies", files.Policies, "--data", files.Entities, "--log-level", "warn"}, arguments...)
	return Start(t, address, Find(t, "env"), arguments...)
}
