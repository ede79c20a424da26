package oidc_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kestgo/kest/examples/payments/payment"
	"github.com/kestgo/kest/internal/testidp"
	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer/oidc"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestOverHTTP: a token of a real provider, through the middleware, into the entry
// of a hooked function.
func TestOverHTTP(t *testing.T) {
	const workload = "spiffe://test/payments"
	old := slog.Default()
	log, written := logger()
	slog.SetDefault(log)
	t.Cleanup(func() { slog.SetDefault(old) })

	_, gateway := startProvider(t, "ES256")
	authenticator, err := oidc.New(t.Context(), oidc.Config{Issuer: gateway.Issuer, Audiences: []string{audience}, Timeout: limit})
	check(t, err)
	rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(workload)})
	check(t, err)
	keys, err := kest.NewKeySet(kesttest.Key(workload))
	check(t, err)
	propagator, err := kestpropagation.New(kestpropagation.Config{Verifier: &kest.Verifier{Keys: keys}})
	check(t, err)

	ran := 0
	pay := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ran++
		receipt, err := payment.ProcessPayment(r.Context(), "A-1001", 49.90)
		if err != nil {
			kesthttp.WriteError(w, r, err)
			return
		}
		entry, err := kest.DecodeEntry(receipt.Passport.Tokens()[0])
		if err != nil {
			kesthttp.WriteError(w, r, err)
			return
		}
		_, _ = io.WriteString(w, entry.Labels["kest.identity"])
	}))
	serve := func(authenticator *oidc.Authenticator) *httptest.Server {
		handler := kesthttp.Lineage(propagator)(kesthttp.Identity(authenticator)(pay))
		server := httptest.NewServer(kesthttp.Runtime(rt)(handler))
		t.Cleanup(server.Close)
		return server
	}
	call := func(server *httptest.Server, headers map[string]string) (status int, body string, challenge string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		check(t, err)
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		response, err := server.Client().Do(request)
		check(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		check(t, err)
		return response.StatusCode, string(text), response.Header.Get("WWW-Authenticate")
	}

	server := serve(authenticator)
	token := must(t)(gateway.Password(t.Context(), "alice", "a", "payments:write"))
	// What the client says of itself in baggage counts for nothing.
	status, body, _ := call(server, map[string]string{
		"Authorization": "Bearer " + token,
		"Baggage":       "kest.user=root,kest.agent=admin,kest.task=all",
	})
	var identity map[string]string
	if status != http.StatusOK || json.Unmarshal([]byte(body), &identity) != nil ||
		identity["user"] != "alice" || identity["agent"] != "gateway" || identity["task"] != "payments:write" {
		t.Errorf("got %d, %s", status, body)
	}
	if ran != 1 {
		t.Errorf("the handler ran %d times", ran)
	}

	// Nothing below runs the handler.
	forged := token[:strings.LastIndex(token, ".")+1] + strings.Repeat("A", 86)
	for name, tt := range map[string]struct {
		headers   map[string]string
		challenge string
	}{
		"no token":     {map[string]string{"Baggage": "kest.user=root"}, "Bearer"},
		"a forged one": {map[string]string{"Authorization": "Bearer " + forged}, `Bearer error="invalid_token"`},
		"none":         {map[string]string{"Authorization": "Bearer " + encode(`{"alg":"none"}`) + ".e30."}, `Bearer error="invalid_token"`},
	} {
		if status, body, challenge := call(server, tt.headers); status != http.StatusUnauthorized || challenge != tt.challenge {
			t.Errorf("%s: got %d, %q, %s", name, status, challenge, body)
		}
	}
	down, err := oidc.New(t.Context(), oidc.Config{Issuer: gateway.Issuer, KeysURL: "http://" + testserver.Address(t) + testidp.KeysPath, Audiences: []string{audience}})
	check(t, err)
	for name, tt := range map[string]struct {
		authenticator *oidc.Authenticator
		status        int
	}{
		"no keys":  {down, http.StatusServiceUnavailable},
		"not made": {nil, http.StatusInternalServerError},
	} {
		if status, body, _ := call(serve(tt.authenticator), map[string]string{"Authorization": "Bearer " + token}); status != tt.status {
			t.Errorf("%s: got %d, %s", name, status, body)
		}
	}
	if ran != 1 {
		t.Errorf("the handler ran %d times", ran)
	}
	for _, part := range append(strings.Split(token, "."), token) {
		if strings.Contains(written.String(), part) {
			t.Errorf("the log shows %q of the token:\n%s", part, written)
		}
	}
}
