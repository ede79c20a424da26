package kesthttp

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestStreamsDoNotKeepWhatTheyCannotSend: once the headers are out, a handler may
// write for days.
func TestStreamsDoNotKeepWhatTheyCannotSend(t *testing.T) {
	p, err := kestpropagation.New(kestpropagation.Config{SendOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity("spiffe://test/a"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	handler := SendBack(p)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		enter(t, r.Context())
		for range 3 {
			if _, err := io.WriteString(w, "x"); err != nil {
				t.Error(err)
			}
			enter(t, r.Context())
		}
		if n := w.(*answerWriter).collector.Passport().Len(); n != 1 {
			t.Errorf("%d entries are kept, want the one that was sent", n)
		}
	}))
	request := httptest.NewRequestWithContext(kest.NewContext(t.Context(), rt), http.MethodGet, "/", nil)
	handler.ServeHTTP(httptest.NewRecorder(), request)
}

// enter runs a hook around nothing.
func enter(t *testing.T, ctx context.Context) {
	t.Helper()
	call, err := kest.MustHook(kest.HookConfig{Operation: "operation", Policies: []string{"kest/allow"}}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer call.End(&err)
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	if _, err = call.Enter(); err != nil {
		t.Fatal(err)
	}
	call.Leave()
}
