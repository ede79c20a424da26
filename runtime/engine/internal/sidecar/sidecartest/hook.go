// Package sidecartest has what the tests of sidecar engines share: calls through
// real hooks while the real server is killed, started again, stopped and set
// going, and a count of the connections it took.
package sidecartest

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

// function is a function behind a hook, which is the body that kestgen writes.
type function struct {
	runtime *kest.Runtime
	hooks   map[bool]*kest.Hook // by whether the policy allows
}

// newFunction has hooks that a policy allows which wants a trust score of 40 at
// least, and hooks that it denies.
func newFunction(t *testing.T, engine kest.Engine, policy string) *function {
	t.Helper()
	rt, err := kest.New(kest.Config{
		Engine:   witness{engine},
		Identity: kesttest.Identity("spiffe://test/orders"),
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &function{rt, map[bool]*kest.Hook{}}
	for allowed, source := range map[bool]string{true: "internal", false: "llm"} {
		f.hooks[allowed] = kest.MustHook(kest.HookConfig{Operation: "refund", Policies: []string{policy}, Source: source})
	}
	return f
}

// outcome is what became of one call.
type outcome struct {
	ran    bool  // the function's body
	answer bool  // the engine's
	err    error // the caller's
}

func (f *function) call(ctx context.Context, trusted bool) (o outcome) {
	ctx = context.WithValue(kest.NewContext(ctx, f.runtime), witness{}, &o.answer)
	o.err = wrapper(ctx, f.hooks[trusted], func() { o.ran = true })
	return o
}

func wrapper(ctx context.Context, hook *kest.Hook, body func()) (err error) {
	call, err := hook.Begin(ctx)
	if err != nil {
		return err
	}
	defer call.End(&err)
	call.Inherit()
	call.SetInput([]byte(`{"order":"o-17"}`), nil)
	if _, err = call.Enter(); err != nil {
		return err
	}
	body()
	call.Leave()
	return nil
}

// check finds what must not be, whatever the server does: a body that ran
// without an answer of true, or did not in spite of it; another denial than of
// the policy or for want of an answer.
func (o outcome) check(t *testing.T) {
	t.Helper()
	if o.ran != o.answer || o.ran != (o.err == nil) {
		t.Errorf("the function ran: %t, the answer was %t, the error %v", o.ran, o.answer, o.err)
	}
	if o.err != nil && (!errors.Is(o.err, kest.ErrDenied) || errors.Is(o.err, kest.ErrPolicy) && !o.unreachable()) {
		t.Errorf("the error is neither a denial nor unreachable: %v", o.err)
	}
}

func (o outcome) unreachable() bool { return errors.Is(o.err, kest.ErrPolicyUnreachable) }

// witness notes an engine's answer where the context says, which is how a test
// knows it apart from what the hook made of it.
type witness struct{ engine kest.Engine }

func (w witness) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	allowed, err := w.engine.Evaluate(ctx, policy, input)
	if answer, ok := ctx.Value(witness{}).(*bool); ok {
		*answer = allowed && err == nil
	}
	return allowed, err
}
