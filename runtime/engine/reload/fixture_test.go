package reload_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/kesttest"
)

// Policies. All have the name shop/allow.
const (
	allows = "package shop.allow\n\nallow := true\n"
	denies = "package shop.allow\n\nallow := false\n"
	broken = "package shop.allow\n\nallow if {\n"
)

func loadDir(path string) (kest.Engine, error) { return rego.LoadDir(path) }

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// events keeps what OnReload is told.
type events struct {
	mu   sync.Mutex
	list []reload.Event
}

func (e *events) add(event reload.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// take gives what came since the last time.
func (e *events) take() []reload.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// start makes an engine that is closed at the end of the test.
func start(t testing.TB, config reload.Config) (*reload.Engine, *events) {
	t.Helper()
	seen := &events{}
	if config.Load == nil {
		config.Load = loadDir
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.OnReload == nil {
		config.OnReload = seen.add
	}
	engine, err := reload.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine, seen
}

// looks lets the engine look n times. The time is that of a synctest bubble.
func looks(n int) {
	<-time.After(time.Duration(n) * reload.DefaultInterval)
	synctest.Wait()
}

// decide asks for shop/allow.
func decide(t testing.TB, engine kest.Engine) bool {
	t.Helper()
	allowed, err := engine.Evaluate(t.Context(), "shop/allow", &kest.PolicyInput{Attributes: []byte("{}")})
	if err != nil {
		t.Error(err)
	}
	return allowed
}

// wantErr checks what Err and Reload give.
func wantErr(err error, text string) error {
	switch {
	case text == "" && err == nil:
		return nil
	case text == "" || err == nil || !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), text):
		return fmt.Errorf("got the error %v, want %q", err, text)
	}
	return nil
}

// version is an engine that has no policies of its own.
type version struct {
	kest.Engine
	digest string
	has    func(tier kest.Tier, policy string) error
}

func (v *version) PolicyDigest() string { return v.digest }

func (v *version) CheckPolicy(policy string) error { return v.has("", policy) }

func (v *version) CheckTierPolicy(tier kest.Tier, policy string) error { return v.has(tier, policy) }

// loader is a Load that can be changed.
type loader struct {
	mu    sync.Mutex
	load  func() (kest.Engine, error)
	loads int
}

func (l *loader) set(load func() (kest.Engine, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.load = load
}

// count is how often Load was called.
func (l *loader) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loads
}

func (l *loader) Load(string) (kest.Engine, error) {
	l.mu.Lock()
	l.loads++
	load := l.load
	l.mu.Unlock()
	return load()
}

// gives is a load of an engine that allows all, with a digest.
func gives(digest string) func() (kest.Engine, error) {
	return func() (kest.Engine, error) {
		has := func(kest.Tier, string) error { return nil }
		return &version{Engine: kesttest.Allow(), digest: digest, has: has}, nil
	}
}

// background is a context for what a test does not end.
var background = context.Background()
