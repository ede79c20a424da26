package reload_test

import (
	"context"
	"errors"
	"path/filepath"
	goruntime "runtime"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/reload"
)

// TestLoaderThatHangs: it holds up nobody, is reported once, and what it gives in
// the end is not used.
func TestLoaderThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := filepath.Join(dir, "p")
		write(t, policy, "1")
		l := &loader{load: gives("one")}
		engine, seen := start(t, reload.Config{Path: dir, Load: l.Load})
		hang := make(chan struct{})
		l.set(func() (kest.Engine, error) {
			<-hang
			return gives("late")()
		})
		write(t, policy, "2")
		looks(2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := engine.Reload(ctx); !errors.Is(err, context.DeadlineExceeded) || wantErr(err, "an earlier load has not come back") != nil {
			t.Errorf("got %v", err)
		}
		<-time.After(10 * reload.LoadTimeout)
		synctest.Wait()
		if list := seen.take(); len(list) != 1 || wantErr(list[0].Err, "no result within 1m0s") != nil {
			t.Errorf("events %v", list)
		}
		if !decide(t, engine) || engine.PolicyDigest() != "one" || wantErr(engine.Err(), "no result within") != nil || l.count() != 2 {
			t.Errorf("in use: %s, %v; %d loads", engine.PolicyDigest(), engine.Err(), l.count())
		}
		l.set(gives("two"))
		close(hang)
		looks(2)
		if list := seen.take(); len(list) != 1 || list[0].Digest != "two" || engine.PolicyDigest() != "two" || engine.Err() != nil {
			t.Errorf("after it: events %v, %v", list, engine.Err())
		}
	})
}

// TestReloadEndsWithItsContext, and what Load gives later is not used.
func TestReloadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "p"), "1")
		l := &loader{load: gives("one")}
		engine, seen := start(t, reload.Config{Path: dir, Load: l.Load})
		release := make(chan struct{})
		l.set(func() (kest.Engine, error) {
			<-release
			return gives("late")()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := engine.Reload(ctx); !errors.Is(err, context.DeadlineExceeded) || wantErr(err, "the loader has not come back") != nil {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if engine.PolicyDigest() != "one" || len(seen.take()) != 0 || engine.Err() != nil {
			t.Errorf("in use: %s, %v", engine.PolicyDigest(), engine.Err())
		}
	})
}

// TestLoaderThatEndsItsGoroutine cannot be part of badLoaders: in New it ends the
// caller's.
func TestLoaderThatEndsItsGoroutine(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p"), "1")
	l := &loader{load: gives("one")}
	engine, seen := start(t, reload.Config{Path: dir, Interval: time.Hour, Load: l.Load})
	l.set(func() (kest.Engine, error) {
		goruntime.Goexit()
		return nil, nil
	})
	if err := wantErr(engine.Reload(t.Context()), "runtime.Goexit"); err != nil {
		t.Error(err)
	}
	l.set(gives("two"))
	if err := engine.Reload(t.Context()); err != nil || len(seen.take()) != 2 {
		t.Errorf("after it: %v", err)
	}
}

// TestClose: the bubble ends only when all goroutines have.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := filepath.Join(dir, "policy.rego")
		write(t, policy, allows)
		engine, seen := start(t, reload.Config{Path: dir})
		for range 2 {
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}
		write(t, policy, denies)
		looks(10)
		if !decide(t, engine) || len(seen.take()) != 0 || engine.Err() != nil {
			t.Error("a closed engine goes on")
		}
		if err := wantErr(engine.Reload(t.Context()), "the engine is closed"); err != nil {
			t.Error(err)
		}
	})
}

// TestCloseDuringLoad: Close waits neither for a look nor for Reload.
func TestCloseDuringLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := filepath.Join(dir, "p")
		write(t, policy, "1")
		l := &loader{load: gives("one")}
		engine, seen := start(t, reload.Config{Path: dir, Load: l.Load})
		release := make(chan struct{})
		l.set(func() (kest.Engine, error) {
			<-release
			return gives("late")()
		})
		write(t, policy, "2")
		looks(2)
		waiting := make(chan error)
		go func() { waiting <- engine.Reload(background) }()
		synctest.Wait()
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
		if err := wantErr(<-waiting, "the engine is closed"); err != nil {
			t.Error(err)
		}
		close(release)
		synctest.Wait()
		if engine.PolicyDigest() != "one" || len(seen.take()) != 0 {
			t.Error("a load that ended after Close is in use")
		}
	})
}
