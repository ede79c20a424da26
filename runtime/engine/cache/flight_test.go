package cache_test

import (
	"context"
	"errors"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/kesttest"
)

// slow is an engine that answers when it is told to, or when nobody waits.
type slow struct {
	counting
	release chan struct{}
	stopped chan error // why an evaluation was given up
}

func newSlow() *slow { return &slow{release: make(chan struct{}), stopped: make(chan error, 10)} }

func (s *slow) Evaluate(ctx context.Context, policy string, in *kest.PolicyInput) (bool, error) {
	s.asked.Add(1)
	select {
	case <-s.release:
		return true, nil
	case <-ctx.Done():
		s.stopped <- ctx.Err()
		return true, nil // not even then
	}
}

// result is what one caller got.
type result struct {
	allowed bool
	err     error
}

func askLater(ctx context.Context, c kest.Engine) <-chan result {
	results := make(chan result, 1)
	go func() {
		allowed, err := c.Evaluate(ctx, "p", input())
		results <- result{allowed, err}
	}()
	return results
}

// TestSingleFlight: callers with one question wait for one answer.
func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newSlow()
		c := newCache(t, inner, cache.Config{})
		var callers []<-chan result
		for range 50 {
			callers = append(callers, askLater(t.Context(), c))
		}
		synctest.Wait()
		close(inner.release)
		for _, caller := range callers {
			if r := <-caller; !r.allowed || r.err != nil {
				t.Errorf("got %t, %v", r.allowed, r.err)
			}
		}
		if asked := inner.asked.Load(); asked != 1 {
			t.Errorf("the engine was asked %d times", asked)
		}
	})
}

// TestOneCallerLeaves: the end of one caller's context, the first one's too, is
// an error for that caller at once, and nothing to the others.
func TestOneCallerLeaves(t *testing.T) {
	for _, leaves := range []string{"the first", "the last"} {
		synctest.Test(t, func(t *testing.T) {
			inner := newSlow()
			c := newCache(t, inner, cache.Config{})
			gone := errors.New("gone")
			ctx, cancel := context.WithCancelCause(t.Context())
			first, last := ctx, t.Context()
			if leaves == "the last" {
				first, last = last, first
			}
			a := askLater(first, c)
			synctest.Wait()
			b := askLater(last, c)
			synctest.Wait()
			if leaves == "the last" {
				a, b = b, a
			}
			cancel(gone)
			if r := <-a; r.allowed || !errors.Is(r.err, kest.ErrPolicyUnreachable) || !errors.Is(r.err, gone) {
				t.Errorf("%s left and got %t, %v", leaves, r.allowed, r.err)
			}
			close(inner.release)
			if r := <-b; !r.allowed || r.err != nil {
				t.Errorf("%s left and the other got %t, %v", leaves, r.allowed, r.err)
			}
			if !ask(t, c, input()) || inner.asked.Load() != 1 {
				t.Errorf("the engine was asked %d times", inner.asked.Load())
			}
		})
	}
}

// TestAllCallersLeave: the engine is told to stop, what it says then is not kept,
// and whoever comes later asks anew.
func TestAllCallersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newSlow()
		c := newCache(t, inner, cache.Config{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		callers := []<-chan result{askLater(ctx, c), askLater(ctx, c)}
		for _, caller := range callers {
			if r := <-caller; r.allowed || !errors.Is(r.err, kest.ErrPolicyUnreachable) || !errors.Is(r.err, context.DeadlineExceeded) {
				t.Errorf("got %t, %v", r.allowed, r.err)
			}
		}
		if err := <-inner.stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("stopped by %v", err)
		}
		synctest.Wait()
		close(inner.release)
		if !ask(t, c, input()) || inner.asked.Load() != 2 {
			t.Errorf("the engine was asked %d times", inner.asked.Load())
		}
	})
}

// TestEndedContext: what is kept is not given to whoever gave up.
func TestEndedContext(t *testing.T) {
	inner := &counting{}
	c := newCache(t, inner, cache.Config{})
	ask(t, c, input())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if allowed, err := c.Evaluate(ctx, "p", input()); allowed || !errors.Is(err, kest.ErrPolicyUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %t, %v", allowed, err)
	}
	if asked := inner.asked.Load(); asked != 1 {
		t.Errorf("the engine was asked %d times", asked)
	}
}

// TestEngineThatDoesNotReturn: a panic or runtime.Goexit is an error for all that
// wait, and the next call asks anew.
func TestEngineThatDoesNotReturn(t *testing.T) {
	for want, end := range map[string]func(){
		"panicked":            func() { panic("no such thing") },
		"ended its goroutine": goruntime.Goexit,
	} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			inner := &counting{answer: func(string, *kest.PolicyInput) (bool, error) {
				<-release
				end()
				return true, nil
			}}
			c := newCache(t, inner, cache.Config{})
			check := func(caller <-chan result) {
				if r := <-caller; r.allowed || !errors.Is(r.err, kest.ErrPolicyMalformed) || !strings.Contains(r.err.Error(), want) {
					t.Errorf("%s: got %t, %v", want, r.allowed, r.err)
				}
			}
			first, second := askLater(t.Context(), c), askLater(t.Context(), c)
			synctest.Wait()
			close(release)
			check(first)
			check(second)
			check(askLater(t.Context(), c))
			if asked := inner.asked.Load(); asked != 2 {
				t.Errorf("%s: the engine was asked %d times", want, asked)
			}
		})
	}
}

// TestInvalidate: what was kept is gone, and what was asked before is not kept.
func TestInvalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newSlow()
		c := newCache(t, inner, cache.Config{})
		before := askLater(t.Context(), c)
		synctest.Wait()
		c.Invalidate()
		after := askLater(t.Context(), c)
		synctest.Wait()
		if asked := inner.asked.Load(); asked != 2 {
			t.Errorf("the engine was asked %d times: a question from before answers one from after", asked)
		}
		close(inner.release)
		for _, caller := range []<-chan result{before, after} {
			if r := <-caller; !r.allowed || r.err != nil {
				t.Errorf("got %t, %v", r.allowed, r.err)
			}
		}
		ask(t, c, input())
		if asked := inner.asked.Load(); asked != 2 {
			t.Errorf("the engine was asked %d times", asked)
		}
		c.Invalidate()
		ask(t, c, input())
		if asked := inner.asked.Load(); asked != 3 {
			t.Errorf("the engine was asked %d times", asked)
		}
	})
}

// TestInvalidateInTheMiddle: the only question in flight is from before.
func TestInvalidateInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newSlow()
		c := newCache(t, inner, cache.Config{})
		before := askLater(t.Context(), c)
		synctest.Wait()
		c.Invalidate()
		close(inner.release)
		if r := <-before; !r.allowed || r.err != nil {
			t.Errorf("got %t, %v", r.allowed, r.err)
		}
		ask(t, c, input())
		if asked := inner.asked.Load(); asked != 2 {
			t.Errorf("the engine was asked %d times", asked)
		}
	})
}

// TestInputIsNotKept: an engine that goes on after its callers have left has an
// input of its own.
func TestInputIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan string)
		c := newCache(t, kesttest.Func(func(ctx context.Context, _ string, in *kest.PolicyInput) (bool, error) {
			<-ctx.Done()
			<-time.After(time.Second)
			seen <- in.User + in.Taints[0] + string(in.Attributes) + in.PolicyNames[0] + in.Deviations[0].Policy
			return true, nil
		}), cache.Config{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		in := input()
		if allowed, err := c.Evaluate(ctx, "p", in); allowed || err == nil {
			t.Errorf("got %t, %v", allowed, err)
		}
		in.User, in.Taints[0], in.PolicyNames[0], in.Deviations[0].Policy = "", "", "", ""
		clear(in.Attributes)
		if got := <-seen; got != `alicecontains_data{"amount":12.5}pd` {
			t.Errorf("the engine saw %s", got)
		}
	})
}

// TestConcurrentUse mixes everything, for the race detector.
func TestConcurrentUse(t *testing.T) {
	inner := &counting{answer: func(_ string, in *kest.PolicyInput) (bool, error) { return in.TrustScore%2 == 0, nil }}
	c := newCache(t, inner, cache.Config{MaxEntries: 20})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 300 {
				in := input()
				in.TrustScore = (i + j) % 40
				ctx, cancel := context.WithCancel(t.Context())
				if j%7 == 0 {
					cancel()
				}
				allowed, err := c.Evaluate(ctx, "p", in)
				cancel()
				switch {
				case err != nil && (j%7 != 0 || allowed):
					t.Errorf("got %t, %v", allowed, err)
				case err == nil && allowed != (in.TrustScore%2 == 0):
					t.Errorf("%d: got %t", in.TrustScore, allowed)
				}
				if j%50 == 0 {
					c.Invalidate()
				}
			}
		})
	}
	wg.Wait()
}
