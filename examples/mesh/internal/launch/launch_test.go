package launch

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestStartLeavesNothing: whatever keeps the mesh from starting, no file of it is
// left.
func TestStartLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	good := fstest.MapFS{"kest.yaml": {Data: []byte("policies: policies\n")}}
	for name, test := range map[string]struct {
		ctx    context.Context
		config Config
	}{
		"no configuration":      {t.Context(), Config{Files: fstest.MapFS{}}},
		"a wrong configuration": {t.Context(), Config{Files: fstest.MapFS{"kest.yaml": {Data: []byte("tires: {}\n")}}}},
		"canceled":              {gone, Config{Files: good}},
	} {
		m, err := Start(test.ctx, test.config)
		if err == nil || m != nil {
			t.Errorf("%s: it starts: %v", name, m)
		}
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", name, left, err)
		}
	}
}

func TestUnknownProcess(t *testing.T) {
	m := new(Mesh)
	if err := m.Kill("nginx"); err == nil {
		t.Error("it kills what is not there")
	}
	if err := m.Revive(t.Context(), "nginx"); err == nil {
		t.Error("it starts what is not there")
	}
}

var _ kest.KeySource = (*registry)(nil)

// TestRegistry: an auditor knows the keys of before a restart, and of nobody else.
func TestRegistry(t *testing.T) {
	const workload = "spiffe://test/ledger"
	server := httptest.NewServer(kesthttp.KeysHandler(kesttest.Identity(workload)))
	t.Cleanup(server.Close)
	other := httptest.NewServer(kesthttp.KeysHandler(kesttest.Identity("spiffe://test/other")))
	t.Cleanup(other.Close)

	var r registry
	started := func() error { return nil }
	for range 2 { // the same key again is one
		if err := r.learn(t.Context(), workload, server.URL, started); err != nil {
			t.Fatal(err)
		}
	}
	key := kesttest.Key(workload)
	for kid, want := range map[string]int{key.ID(): 1, "": 1, "unknown": 0} {
		if got, err := r.Keys(t.Context(), workload, kid); err != nil || len(got) != want {
			t.Errorf("kid %q: got %d keys, %v: want %d", kid, len(got), err, want)
		}
	}
	if got, _ := r.Keys(t.Context(), "spiffe://test/other", ""); len(got) > 0 {
		t.Errorf("got %d keys of another workload", len(got))
	}

	failure := errors.New("it does not start")
	if err := r.learn(t.Context(), workload, server.URL, func() error { return failure }); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	if err := r.learn(t.Context(), workload, other.URL, started); err == nil || !strings.Contains(err.Error(), "no key of its own") {
		t.Errorf("a service that publishes another's key: %v", err)
	}
	other.Close()
	if err := r.learn(t.Context(), workload, other.URL, started); err == nil {
		t.Error("a service that does not answer has a key")
	}
}
