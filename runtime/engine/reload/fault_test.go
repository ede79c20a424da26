package reload_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/kesttest"
)

// nilSnapshot is a snapshotter that has none.
type nilSnapshot struct{ kest.Engine }

func (nilSnapshot) PolicySnapshot() kest.Engine { return nil }

// panics is an engine whose digest cannot be had.
type panics struct{ kest.Engine }

func (panics) PolicyDigest() string { panic("no digest") }

// badLoaders are the ways in which a loader fails, and what is said of it.
var badLoaders = []struct {
	name string
	load func() (kest.Engine, error)
	want string
}{
	{"an error", func() (kest.Engine, error) { return kesttest.Allow(), errors.New("broken") }, "broken"},
	{"nothing", func() (kest.Engine, error) { return nil, nil }, "neither an engine nor an error"},
	{"a nil pointer", func() (kest.Engine, error) { return (*version)(nil), nil }, "neither an engine nor an error"},
	{"no snapshot", func() (kest.Engine, error) { return nilSnapshot{}, nil }, "PolicySnapshot that is nil"},
	{"a panic", func() (kest.Engine, error) { panic("no such thing") }, "it panicked: no such thing"},
	{"a panic in the digest", func() (kest.Engine, error) { return panics{}, nil }, "it panicked: no digest"},
	{"a panic in a check", func() (kest.Engine, error) { return &version{}, nil }, "it panicked"},
}

// TestBadLoader: whatever Load does, the engine from before decides.
func TestBadLoader(t *testing.T) {
	for _, tt := range badLoaders {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "p"), "1")
		l := &loader{load: gives("good")}
		engine, seen := start(t, reload.Config{Path: dir, Interval: time.Hour, Load: l.Load})
		good := engine.PolicySnapshot()
		if err := engine.CheckPolicy("shop/allow"); err != nil {
			t.Fatal(err)
		}
		l.set(tt.load)
		for range 2 {
			if err := wantErr(engine.Reload(t.Context()), tt.want); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if list := seen.take(); len(list) != 1 || list[0].Digest != "good" || wantErr(list[0].Err, tt.want) != nil {
			t.Errorf("%s: events %v", tt.name, list)
		}
		if !decide(t, engine) || engine.PolicySnapshot() != good {
			t.Errorf("%s: the good engine is not in use", tt.name)
		}
	}
}

func TestNewErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p"), "1")
	fine := func(string) (kest.Engine, error) { return kesttest.Allow(), nil }
	type test struct {
		name   string
		config reload.Config
		want   []string
	}
	tests := []test{
		{"empty", reload.Config{}, []string{"no path", "no loader"}},
		{"everything", reload.Config{Interval: -1}, []string{"no path", "no loader", "interval is -1ns"}},
		{"short interval", reload.Config{Path: dir, Load: fine, Interval: reload.MinInterval - 1}, []string{"100ms to 1h0m0s"}},
		{"long interval", reload.Config{Path: dir, Load: fine, Interval: reload.MaxInterval + 1}, []string{"100ms to 1h0m0s"}},
		{"nothing there", reload.Config{Path: filepath.Join(dir, "nowhere"), Load: fine}, []string{"nowhere"}},
		{"changes all the time", reload.Config{Path: dir, Load: func(path string) (kest.Engine, error) {
			write(t, filepath.Join(path, "q"), time.Now().String())
			return kesttest.Allow(), nil
		}}, []string{"changed while they were loaded"}},
	}
	for _, bad := range badLoaders[:len(badLoaders)-1] { // in the last one nobody has checked yet
		tests = append(tests, test{bad.name, reload.Config{Path: dir, Load: func(string) (kest.Engine, error) { return bad.load() }}, []string{bad.want}})
	}
	for _, tt := range tests {
		engine, err := reload.New(tt.config)
		if engine != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: got %v, %v", tt.name, engine, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", tt.name, err, want)
			}
		}
	}
}

// TestRefusedContentIsLoadedAgain, less and less often: a loader may fail for
// reasons of the moment.
func TestRefusedContentIsLoadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "p"), "1")
		l := &loader{load: gives("one")}
		engine, seen := start(t, reload.Config{Path: dir, Load: l.Load})
		l.set(func() (kest.Engine, error) { return nil, errors.New("too many open files") })
		write(t, filepath.Join(dir, "p"), "2")
		for _, step := range []struct{ looks, loads int }{
			{2, 2}, {1, 2}, {1, 3}, {2, 3}, {1, 4}, {5, 5}, {9, 6}, {17, 7}, {33, 8}, {33, 9}, {32, 9},
		} {
			looks(step.looks)
			if l.count() != step.loads {
				t.Errorf("after %d looks more: %d loads, want %d", step.looks, l.count(), step.loads)
			}
		}
		if n := len(seen.take()); n != 1 {
			t.Errorf("%d events", n)
		}
		l.set(gives("two"))
		looks(1)
		if engine.Err() != nil || len(seen.take()) != 1 {
			t.Errorf("not in use: %v", engine.Err())
		}
	})
}

// TestReports: what the log says, and a program's function that panics.
func TestReports(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.rego")
	write(t, policy, allows)
	var log strings.Builder
	engine, _ := start(t, reload.Config{
		Path: dir, Interval: time.Hour,
		Logger:   slog.New(slog.NewTextHandler(&log, nil)),
		OnReload: func(reload.Event) { panic("not mine") },
	})
	write(t, policy, broken)
	if err := wantErr(engine.Reload(t.Context()), "neither"); err != nil {
		t.Error(err)
	}
	write(t, policy, denies)
	if err := engine.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`level=ERROR msg="kest: policies not reloaded, those from before stay in use" path=` + dir,
		`level=INFO msg="kest: policies reloaded" path=` + dir + ` policy_digest=` + engine.PolicyDigest(),
		`level=ERROR msg="kest: OnReload failed" error="it panicked: not mine"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not have %s:\n%s", want, &log)
		}
	}
}

// TestDefaultLogger is looked up at each record, and OnReload may be nil.
func TestDefaultLogger(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "policy.rego"), allows)
	engine, err := reload.New(reload.Config{Path: dir, Load: loadDir})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	var log strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	if err := engine.Reload(t.Context()); err != nil || !strings.Contains(log.String(), "kest: policies reloaded") {
		t.Errorf("got %v and the log %q", err, &log)
	}
}

func TestNilAndZero(t *testing.T) {
	for _, engine := range []*reload.Engine{nil, {}} {
		in := &kest.PolicyInput{Attributes: []byte("{}")}
		if allowed, err := engine.Evaluate(t.Context(), "p", in); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("Evaluate: got %t, %v", allowed, err)
		}
		if allowed, err := engine.PolicySnapshot().Evaluate(t.Context(), "p", in); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("PolicySnapshot: got %t, %v", allowed, err)
		}
		for _, err := range []error{engine.CheckPolicy("p"), engine.CheckTierPolicy(kest.TierPlatform, "p")} {
			if !errors.Is(err, kest.ErrPolicyUnknown) {
				t.Errorf("check: got %v", err)
			}
		}
		for _, err := range []error{engine.Err(), engine.Reload(t.Context())} {
			if err := wantErr(err, "make the engine with New"); err != nil {
				t.Error(err)
			}
		}
		if digest := engine.PolicyDigest(); digest != "" {
			t.Errorf("PolicyDigest: got %q", digest)
		}
		if err := engine.Close(); err != nil {
			t.Errorf("Close: got %v", err)
		}
	}
}
