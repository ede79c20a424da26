package opa_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// TestNoProxyFromTheEnvironment: a proxy could answer in the server's place. The
// "proxy" is a double that would allow everything.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":{"allow":true}}`))
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	for name, client := range map[string]*http.Client{"no client": nil, "client without a transport": {Timeout: time.Second}} {
		engine, err := opa.New(opa.Config{URL: "http://opa.kest.invalid:8181", Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", conformance.Input()); allowed || err == nil {
			t.Errorf("%s: allowed %t with error %v through a proxy", name, allowed, err)
		}
	}
}
