package opa_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// asked is what a recording server saw.
type asked struct {
	method, uri, authorization, contentType string
	body                                    []byte
}

// record answers every question with true and keeps the last one.
func record(t *testing.T) (url string, last *asked) {
	t.Helper()
	last = new(asked)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*last = asked{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body}
		_, _ = io.WriteString(w, `{"result":{"allow":true}}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, last
}

func TestRequest(t *testing.T) {
	url, last := record(t)
	for base, prefix := range map[string]string{url: "", url + "/": "", url + "/opa/": "/opa"} {
		ok, err := newEngine(t, opa.Config{URL: base}).Evaluate(t.Context(), "kest/ключ", conformance.Input())
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		want := prefix + "/v1/data/kest/%D0%BA%D0%BB%D1%8E%D1%87?strict-builtin-errors=true"
		if last.method != "POST" || last.uri != want || last.contentType != "application/json" || last.authorization != "" {
			t.Errorf("got %s %s, %q, authorization %q; want POST %s", last.method, last.uri, last.contentType, last.authorization, want)
		}
		document, err := conformance.Input().AppendJSON(nil)
		check(t, err)
		if want := fmt.Sprintf(`{"input":%s}`, document); !bytes.Equal(last.body, []byte(want)) {
			t.Errorf("body %s\nwant %s", last.body, want)
		}
	}
}

func TestToken(t *testing.T) {
	url, last := record(t)
	n := 0
	config := opa.Config{URL: url, Token: func(context.Context) (string, error) {
		n++
		return fmt.Sprint("hunter", n), nil
	}}
	engine := newEngine(t, config)
	for _, want := range []string{"Bearer hunter1", "Bearer hunter2"} {
		_, err := engine.Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
		check(t, err)
		if last.authorization != want {
			t.Errorf("authorization %q, want %q", last.authorization, want)
		}
	}
	for _, printed := range []string{fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", engine), fmt.Sprintf("%+v", engine)} {
		if strings.Contains(printed, "hunter") {
			t.Errorf("the token is printed: %s", printed)
		}
	}
}

func TestTokenThatFailsIsUnreachable(t *testing.T) {
	url, last := record(t)
	missing := errors.New("no token mounted")
	allowed, err := newEngine(t, opa.Config{URL: url, Token: func(context.Context) (string, error) { return "x", missing }}).
		Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
	checkError(t, err, missing)
	checkError(t, err, kest.ErrPolicyUnreachable)
	if allowed || last.method != "" {
		t.Error("the server was asked nevertheless")
	}
}

// BenchmarkEvaluate asks a real OPA server on this machine over the loopback
// interface, the server's work included.
func BenchmarkEvaluate(b *testing.B) {
	engine := newEngine(b, opa.Config{URL: startOPA(b)})
	input := conformance.Input()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := engine.Evaluate(b.Context(), "kest/allow_trusted", input); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
