package sidecar_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

// TestNoProxyFromTheEnvironment: a proxy could answer in the server's place. The
// "proxy" is a double that would allow everything.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":{"allow":true}}`))
	})
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy)
	}
	for name, config := range map[string]sidecar.Config{
		"no client":                  {URL: "http://opa.kest.invalid:8181"},
		"client without a transport": {URL: "http://opa.kest.invalid:8181", Client: &http.Client{Timeout: time.Minute}},
		"TLS":                        {URL: "https://opa.kest.invalid:8181", TLS: new(tls.Config)},
	} {
		if answer, err := ask(t, newClient(t, config)); err == nil {
			t.Errorf("%s: got %s through a proxy", name, answer)
		}
	}
}

func TestSocket(t *testing.T) {
	// Not t.TempDir, whose path may be longer than a socket's may be.
	path := filepath.Join(shortDir(t), "s")
	listener, err := net.Listen("unix", path)
	check(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.RequestURI)
	}))
	check(t, server.Listener.Close())
	server.Listener = listener
	server.Start()
	for url, want := range map[string]string{"": "localhost/v1/data/kest/allow", "http://opa:81/x": "opa:81/x/v1/data/kest/allow"} {
		answer, err := ask(t, newClient(t, sidecar.Config{Socket: path, URL: url}))
		if err != nil || answer != want {
			t.Errorf("URL %q: got %q, %v, want %q", url, answer, err, want)
		}
	}
	server.Close()
	_, err = ask(t, newClient(t, sidecar.Config{Socket: path}))
	checkError(t, err, kest.ErrPolicyUnreachable, "unix:"+path)
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail, on purpose
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	tests := map[string]struct {
		config *tls.Config
		want   string // of the error; "" for none
	}{
		"the CA":             {&tls.Config{RootCAs: roots}, ""},
		"HTTP/2 wished for":  {&tls.Config{RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}}, ""},
		"old TLS wished for": {&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10}, ""},
		"the system's CAs":   {nil, "certificate"},
		"another CA":         {&tls.Config{RootCAs: x509.NewCertPool()}, "certificate"},
		"another name":       {&tls.Config{RootCAs: roots, ServerName: "opa.kest.invalid"}, "certificate"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer, err := ask(t, newClient(t, sidecar.Config{URL: server.URL, TLS: tt.config}))
			if tt.want != "" {
				checkError(t, err, kest.ErrPolicyUnreachable, tt.want)
			} else if err != nil || answer != "HTTP/1.1" {
				t.Errorf("got %s, %v", answer, err)
			}
		})
	}
}

// TestOldTLSIsRefused has a server that speaks TLS 1.1 at most.
func TestOldTLSIsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	_, err := ask(t, newClient(t, sidecar.Config{URL: server.URL, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10}}))
	checkError(t, err, kest.ErrPolicyUnreachable, "protocol version")
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kest")
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return dir
}
