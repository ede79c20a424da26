package faults

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

const (
	calls   = 1000
	workers = 32
	// patience is a time-out that a healthy engine never needs, on any machine.
	patience = 30 * time.Second
	// impatience is the time-out of the engines whose other side is slow. An
	// answer that a busy machine does not give in this time is denied, too, and
	// judge lets that pass if the error says so.
	impatience = 250 * time.Millisecond
)

// timeout is an engine's under a fault.
func (f fault) timeout() time.Duration {
	if f == slow {
		return impatience
	}
	return patience
}

// world is one engine under one fault.
type world struct {
	fault  fault
	engine kest.Engine
	ledger *ledger
	// halfway makes what happens in the middle of the run; nil for nothing.
	halfway func()
	// lossy says that halfway breaks connections, and answers with them.
	lossy bool
	// onTimer has calls canceled after a moment by a timer, for engines whose
	// other side cannot do it.
	onTimer bool
	// shared is how many calls, one after the other, have the same input, so that
	// a decision may be taken from another call's; 0 for one.
	shared int
	// told is what callers hear under the fault; nil for what a server says.
	told *said
	// finish ends what has to end before the ledger is read; nil for nothing.
	finish func()

	turns map[int]bool // the keys whose calls ran while halfway happened

	mu      sync.Mutex
	cancels map[int][]context.CancelFunc // by key
}

func newWorld(f fault) *world {
	return &world{fault: f, ledger: newLedger(), turns: map[int]bool{}, cancels: map[int][]context.CancelFunc{}}
}

// cancel is what the other side of the engine does to the callers.
func (w *world) cancel(key int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, cancel := range w.cancels[key] {
		cancel()
	}
}

func (w *world) cancelable(key int, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancels[key] = append(w.cancels[key], cancel)
}

// key is the number by which the other side knows a call.
func (w *world) key(call int) int {
	if w.shared == 0 {
		return call
	}
	return call / w.shared
}

// outcome is what became of one call.
type outcome struct {
	ran   int // how often the function ran
	err   error
	after bool // it began when what happens halfway had happened
	early bool // its context had ended before it began
	turn  bool // what happens halfway happened while it ran
}

// run makes the calls, many at once.
func (w *world) run(t *testing.T) []outcome {
	t.Helper()
	rt, err := kest.New(kest.Config{
		Engine:   w.engine,
		Identity: kesttest.Identity("spiffe://test/faults"),
		Logger:   slog.New(slog.DiscardHandler),
		Tiers:    kest.Tiers{Enterprise: policies[0:1], Application: policies[1:2]},
	})
	if err != nil {
		t.Fatal(err)
	}
	hook, err := kest.NewHook(kest.HookConfig{Operation: "fault", Policies: policies[2:], Source: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := make([]outcome, calls)
	var next atomic.Int64
	var turning, turned atomic.Bool
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= calls {
					return
				}
				if n == calls/2 && w.halfway != nil {
					turning.Store(true)
					w.halfway()
					turned.Store(true)
				}
				outcomes[n].after = turned.Load()
				w.call(kest.NewContext(context.Background(), rt), hook, n, &outcomes[n])
				outcomes[n].turn = !outcomes[n].after && turning.Load()
			}
		})
	}
	running.Wait()
	if w.finish != nil {
		w.finish()
	}
	return outcomes
}

// call is one call, as a generated wrapper makes it.
func (w *world) call(ctx context.Context, hook *kest.Hook, n int, out *outcome) {
	if w.fault == canceled {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		w.cancelable(w.key(n), cancel)
		switch {
		case n%10 == 0:
			out.early = true
			cancel()
		case w.onTimer:
			defer time.AfterFunc(time.Duration(n%7)*time.Millisecond, cancel).Stop()
		}
	}
	out.err = perform(ctx, hook, resource(w.key(n)), attributes(w.fault, w.key(n)), func(context.Context) { out.ran++ })
}

func perform(ctx context.Context, hook *kest.Hook, resource string, attributes []byte, body func(context.Context)) (err error) {
	call, err := hook.Begin(ctx)
	if err != nil {
		return err
	}
	defer call.End(&err)
	call.SetResource(resource)
	call.SetAttributes(append(call.Buffer(), attributes...), nil)
	call.Inherit()
	call.SetInput(append(call.Buffer(), `{}`...), nil)
	ctx, err = call.Enter()
	if err != nil {
		return err
	}
	body(ctx)
	call.Leave()
	return nil
}

// heard is what the caller was told.
func heard(err error) (said, bool) {
	var matches []said
	for failure, what := range map[error]said{
		kest.ErrPolicyUnreachable: nothing,
		kest.ErrPolicyMalformed:   noDecision,
		kest.ErrPolicyUnknown:     notThere,
	} {
		if errors.Is(err, failure) {
			matches = append(matches, what)
		}
	}
	switch {
	case !errors.Is(err, kest.ErrDenied) || len(matches) > 1 || errors.Is(err, kest.ErrPolicy) != (len(matches) == 1):
		return 0, false
	case len(matches) == 0:
		return no, true
	}
	return matches[0], true
}
