package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadSettings(t *testing.T) {
	got, err := readSettings(write(t, `{"workload":"spiffe://mesh.example/ledger","peers":{"a":"http://127.0.0.1:1"}}`))
	if err != nil || got.Workload != shop.Ledger || got.Peers["a"] == "" {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, path := range map[string]string{
		"no file":           filepath.Join(t.TempDir(), "missing"),
		"no JSON":           write(t, "workload: x"),
		"an unknown member": write(t, `{"worklaod":"x"}`),
	} {
		if _, err := readSettings(path); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTLSNeedsItsFiles: a service without them does not start without TLS.
func TestTLSNeedsItsFiles(t *testing.T) {
	settings := Settings{Certificate: write(t, ""), Key: write(t, ""), Authority: write(t, "")}
	if config, err := settings.ServerTLS(); err == nil || config != nil {
		t.Errorf("server: got %v, %v", config, err)
	}
	if config, err := settings.ClientTLS(shop.Notifier); err == nil || config != nil {
		t.Errorf("client: got %v, %v", config, err)
	}
}

// TestNewFails: what is wrong is found at the start, and not by the first request.
func TestNewFails(t *testing.T) {
	good := Settings{Workload: shop.Ledger, Redis: "127.0.0.1:1"}
	for _, test := range []struct {
		name   string
		change func(*Settings)
		config kest.Config
		want   string
	}{
		{"no engine", func(*Settings) {}, kest.Config{}, "no policy engine"},
		{"no workload", func(s *Settings) { s.Workload = "" }, kest.Config{Engine: kesttest.Allow()}, "workload id"},
		{"a peer without TLS", func(s *Settings) { s.Peers = map[string]string{shop.Gateway: "http://mesh.example"} },
			kest.Config{Engine: kesttest.Allow()}, "use https"},
	} {
		settings := good
		test.change(&settings)
		if _, err := New(settings, test.config, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	s, err := New(good, kest.Config{Engine: kesttest.Allow()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Peer(shop.Gateway); err == nil {
		t.Error("there is a client for a peer without a URL")
	}
}
