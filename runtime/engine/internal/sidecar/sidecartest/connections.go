package sidecartest

import (
	"context"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

// Kept counts the connections of calls one after the other, of which there must
// be one, and of calls at once, of which there must be few.
func Kept(t *testing.T, engine kest.Engine, policy string, input *kest.PolicyInput) {
	var made atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		ConnectStart: func(string, string) { made.Add(1) },
	})
	for range 100 {
		ask(ctx, t, engine, policy, input)
	}
	if n := made.Load(); n != 1 {
		t.Errorf("100 calls one after the other made %d connections", n)
	}
	var working sync.WaitGroup
	for range 1000 {
		working.Go(func() { ask(ctx, t, engine, policy, input) })
	}
	working.Wait()
	t.Logf("1000 calls at once made %d connections", made.Load())
	// 128 at a time, and now and then net/http replaces one.
	if n := made.Load(); n > 200 {
		t.Errorf("1000 calls at once made %d connections", n)
	}
}

func ask(ctx context.Context, t *testing.T, engine kest.Engine, policy string, input *kest.PolicyInput) {
	if allowed, err := engine.Evaluate(ctx, policy, input); !allowed || err != nil {
		t.Errorf("got %t, %v", allowed, err)
	}
}
