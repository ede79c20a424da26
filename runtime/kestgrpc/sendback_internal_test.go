package kestgrpc

import (
	"log/slog"
	"testing"

	"google.golang.org/grpc/metadata"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestStreamsDoNotKeepWhatTheyCannotSend: once the header is out, a stream may go
// on for days.
func TestStreamsDoNotKeepWhatTheyCannotSend(t *testing.T) {
	p, err := kestpropagation.New(kestpropagation.Config{SendOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity("spiffe://test/a"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, collector := kest.Collect(kest.NewContext(t.Context(), rt))
	enter := func() {
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
	enter()
	config := &ServerConfig{Lineage: p, SendBack: true}
	var sent metadata.MD
	err = config.sendBack(ctx, collector, func(md metadata.MD) error { sent = md; return nil })
	if err != nil || len(sent.Get(kestpropagation.TipHeader)) != 1 {
		t.Fatalf("sent %v: %v", sent, err)
	}
	enter()
	if n := collector.Passport().Len(); n != 1 {
		t.Errorf("%d entries are kept, want the one that was sent", n)
	}
}
