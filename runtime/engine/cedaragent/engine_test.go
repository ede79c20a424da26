package cedaragent_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		config cedaragent.Config
		want   []string
	}{
		"no URL":            {cedaragent.Config{}, []string{"cedaragent: no URL", "http://127.0.0.1:8180/v1"}},
		"password":          {cedaragent.Config{URL: "http://u:hunter2@localhost/v1"}, []string{"Config.Token"}},
		"relative socket":   {cedaragent.Config{Socket: "cedar.sock"}, []string{"not an absolute path"}},
		"client and socket": {cedaragent.Config{Socket: "/cedar.sock", Client: new(http.Client)}, []string{"both Client and Socket"}},
		"TLS and http":      {cedaragent.Config{URL: "http://localhost/v1", TLS: new(tls.Config)}, []string{"TLS with an http URL"}},
		"several":           {cedaragent.Config{URL: "localhost", Timeout: -1}, []string{"neither", "negative"}},
	} {
		engine, err := cedaragent.New(tt.config)
		checkError(t, err, kest.ErrConfig, tt.want...)
		if engine != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: engine %v, error %v", name, engine, err)
		}
	}
}

func TestSocketStandsForTheUsualURL(t *testing.T) {
	engine := newEngine(t, cedaragent.Config{Socket: "/nowhere/cedar.sock"})
	_, err := engine.Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
	checkError(t, err, kest.ErrPolicyUnreachable, "unix:/nowhere/cedar.sock", `"http://localhost/v1/is_authorized"`)
}

func TestQuestion(t *testing.T) {
	var method, uri, contentType, body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		method, uri, contentType, body = r.Method, r.RequestURI, r.Header.Get("Content-Type"), string(text)
		_, _ = io.WriteString(w, `{"decision":"Allow"}`)
	}))
	t.Cleanup(s.Close)
	input := cedarconformance.Input()
	for _, tt := range []struct{ policy, resource, wantAction, wantResource string }{
		{"kest/allow_trusted", "orders/o-17", `"Action::\"kest/allow_trusted\""`, `"Resource::\"orders/o-17\""`},
		{`a"b`, "", `"Action::\"a\\\"b\""`, `"Resource::\"*\""`},
	} {
		input.ResourceID = tt.resource
		document, err := cedarinput.AppendContext(nil, input)
		check(t, err)
		allowed, err := newEngine(t, cedaragent.Config{URL: s.URL + "/v1/"}).Evaluate(t.Context(), tt.policy, input)
		if !allowed || err != nil {
			t.Fatal(allowed, err)
		}
		if method != "POST" || uri != "/v1/is_authorized" || contentType != "application/json" {
			t.Errorf("got %s %s, %q", method, uri, contentType)
		}
		want := `{"context":` + string(document) + `,"principal":"Workload::\"spiffe://example.org/payments\"","action":` + tt.wantAction + `,"resource":` + tt.wantResource + `}`
		if body != want {
			t.Errorf("body %s\nwant %s", body, want)
		}
	}
}

func TestTC09FailuresAreTyped(t *testing.T) {
	hang := make(chan struct{})
	for name, tt := range map[string]struct {
		answer http.HandlerFunc // nil for nobody who listens
		want   error
	}{
		"refused":     {nil, kest.ErrPolicyUnreachable},
		"never":       {func(http.ResponseWriter, *http.Request) { <-hang }, kest.ErrPolicyUnreachable},
		"unavailable": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, kest.ErrPolicyUnreachable},
		"error":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, kest.ErrPolicyMalformed},
		"redirect":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusTemporaryRedirect) }, kest.ErrPolicyMalformed},
		"garbage":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Allow") }, kest.ErrPolicyMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			config := cedaragent.Config{URL: "http://" + testserver.Address(t)}
			if tt.answer != nil {
				fault := httptest.NewServer(tt.answer)
				defer fault.Close()
				config.URL = fault.URL
			}
			if name == "never" {
				config.Timeout = 50 * time.Millisecond
				defer close(hang)
			}
			allowed, err := newEngine(t, config).Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
			checkError(t, err, tt.want, `cedaragent policy "kest/clean"`)
			if allowed {
				t.Error("allowed together with an error")
			}
			if late := errors.Is(err, context.DeadlineExceeded); late != (name == "never") {
				t.Errorf("matches DeadlineExceeded: %t: %v", late, err)
			}
		})
	}
}

func TestCheckPolicy(t *testing.T) {
	engine := newEngine(t, cedaragent.Config{URL: "http://127.0.0.1:1"})
	for _, name := range []string{"kest/allow_trusted", "allow", "view photo", `a"b\`, "a/ключ", "a//b", "..", strings.Repeat("a", 512)} {
		check(t, engine.CheckPolicy(name))
	}
	for _, name := range []string{"", " ", " a", "a ", "a\tb", "a\nb", "a\x00b", "a\u2028b", "a\u200bb", "a\u202eb", "\xff", strings.Repeat("a", 513)} {
		checkError(t, engine.CheckPolicy(name), kest.ErrPolicyUnknown, "the name")
		_, err := engine.Evaluate(t.Context(), name, cedarconformance.Input())
		checkError(t, err, kest.ErrPolicyUnknown, "the name")
	}
}

func TestEngineThatWasNotMade(t *testing.T) {
	for _, engine := range []*cedaragent.Engine{nil, new(cedaragent.Engine)} {
		allowed, err := engine.Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
		checkError(t, err, kest.ErrPolicyMalformed, "cedaragent.New")
		checkError(t, engine.CheckPolicy("kest/clean"), kest.ErrPolicyMalformed, "cedaragent.New")
		if allowed {
			t.Error("allowed together with an error")
		}
	}
}
