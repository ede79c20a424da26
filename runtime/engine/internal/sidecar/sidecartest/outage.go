//go:build unix

package sidecartest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
)

// patience is how long a server may take until it answers again, on a busy
// machine.
const patience = 60 * time.Second

// Killed kills the server in the middle of a thousand calls, and starts it
// again. The engine's time-out should be long, so that only the kill denies;
// start starts the server at the engine's address each time.
func Killed(t *testing.T, engine kest.Engine, policy string, start func() *testserver.Process) {
	const calls, workers, fatal = 1000, 8, 300
	f := newFunction(t, engine, policy)
	server := start()
	var next, allowed, unreachable, afterwards atomic.Int32
	var dead atomic.Bool
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for {
				i := next.Add(1)
				if i > calls {
					return
				}
				if i == fatal {
					server.Kill()
					dead.Store(true)
				}
				wasDead := dead.Load()
				trusted := i%4 != 0
				o := f.call(t.Context(), trusted)
				o.check(t)
				switch {
				case o.ran && !trusted:
					t.Error("a call ran that the policy denies")
				case o.ran:
					allowed.Add(1)
				case o.unreachable():
					unreachable.Add(1)
				case trusted:
					t.Errorf("a call was denied that the policy allows: %v", o.err)
				}
				if wasDead {
					afterwards.Add(1)
					if !o.unreachable() {
						t.Errorf("a server that is dead decided: ran %t, error %v", o.ran, o.err)
					}
				}
			}
		})
	}
	working.Wait()
	t.Logf("%d calls allowed, %d unreachable, of which %d began after the kill", allowed.Load(), unreachable.Load(), afterwards.Load())
	if allowed.Load() == 0 || afterwards.Load() == 0 {
		t.Error("the kill was not in the middle")
	}
	start()
	recovers(t, f)
}

// Stopped stops the server, which then takes connections and never answers, and
// sets it going again. The engine's time-out should be short.
func Stopped(t *testing.T, engine kest.Engine, policy string, start func() *testserver.Process) {
	f := newFunction(t, engine, policy)
	server := start()
	recovers(t, f) // and has a connection that it keeps
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// The signal has been sent, and may not have arrived.
	for deadline := time.Now().Add(patience); !f.call(t.Context(), true).unreachable(); {
		if time.Now().After(deadline) {
			t.Fatal("the server answers although it was stopped")
		}
	}
	for range 5 {
		o := f.call(t.Context(), true)
		o.check(t)
		if o.ran || !o.unreachable() || !errors.Is(o.err, context.DeadlineExceeded) {
			t.Errorf("stopped: ran %t, error %v", o.ran, o.err)
		}
	}
	if err := server.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	recovers(t, f)
}

// recovers calls until one is allowed; all before it must be unreachable.
func recovers(t *testing.T, f *function) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for denied := 0; ; denied++ {
		o := f.call(t.Context(), true)
		o.check(t)
		switch {
		case o.ran:
			t.Logf("allowed again after %d denials", denied)
			return
		case !o.unreachable():
			t.Fatalf("denied by a server that is there: %v", o.err)
		case time.Now().After(deadline):
			t.Fatalf("still denied: %v", o.err)
		}
	}
}
