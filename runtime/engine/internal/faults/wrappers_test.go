package faults

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/engine/rego"
	reloader "github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/engine/router"
)

// routerWorld has three servers of three kinds, one to each policy, and the
// fault in all of them.
func routerWorld(t *testing.T, f fault) *world {
	t.Helper()
	w := newWorld(f)
	opaServer := startDouble(t, w, opaProtocol)
	agentServer := startDouble(t, w, cedarAgentProtocol)
	other := startDouble(t, w, opaProtocol)
	config := router.Config{Tiers: map[kest.Tier]kest.Engine{}}
	var errs [3]error
	config.Tiers[kest.TierEnterprise], errs[0] = newOPA(opaServer.url(), f)
	config.Tiers[kest.TierApplication], errs[1] = newCedarAgent(agentServer.url(), f)
	config.Default, errs[2] = newOPA(other.url(), f)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	engine, err := router.New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	var turns, ends []func()
	for _, server := range []*double{opaServer, agentServer, other} {
		w.halfway, w.finish = nil, nil
		w.underServer(server)
		if w.halfway != nil {
			turns = append(turns, w.halfway)
		}
		ends = append(ends, w.finish)
	}
	if len(turns) > 0 {
		w.halfway = func() { all(turns) }
	}
	w.finish = func() { all(ends) }
	return w
}

func all(list []func()) {
	for _, f := range list {
		f()
	}
}

// cacheWorld is a cache in front of an OPA, with four calls to each input.
// After a reload it is emptied, as its documentation asks of those who change
// policies behind it; with the dead server it goes on with what it has.
func cacheWorld(t *testing.T, f fault) *world {
	t.Helper()
	w := serverWorld(t, f, opaProtocol, newOPA)
	w.shared = 4
	engine, err := cache.New(w.engine, cache.Config{TTL: time.Minute, MaxEntries: 2 * calls})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	if turn := w.halfway; f == reload {
		w.halfway = func() {
			turn()
			engine.Invalidate()
		}
	}
	return w
}

// reloadWorld is rego behind runtime/engine/reload, which loads from a
// directory that changes in the middle: by a whole new version (reload), and by
// what must leave the old one in use: the directory is gone (dead), a file is
// not Rego (garbage) or is cut off (half-closed).
func reloadWorld(t *testing.T, f fault) *world {
	t.Helper()
	w := newWorld(f)
	w.onTimer = true
	dir := filepath.Join(t.TempDir(), "policies")
	writeModules(t, dir, 1)
	var version atomic.Int32
	version.Store(1)
	engine, err := reloader.New(reloader.Config{
		Path:     dir,
		Interval: reloader.MaxInterval, // it is told to look
		Logger:   slog.New(slog.DiscardHandler),
		Load: func(path string) (kest.Engine, error) {
			engine, err := rego.LoadDir(path, rego.WithTimeout(f.timeout()))
			if err != nil {
				return nil, err
			}
			return &noting{Engine: engine, world: w, version: int(version.Load())}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	w.finish = func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}
	first := filepath.Join(dir, "enterprise.rego")
	refused := func(change error) {
		if change != nil {
			t.Error(change)
		}
		if err := engine.Reload(t.Context()); err == nil {
			t.Error("the directory was loaded")
		}
	}
	switch f {
	case reload:
		w.halfway = func() {
			version.Store(2)
			writeModules(t, dir, 2)
			if err := engine.Reload(t.Context()); err != nil {
				t.Error(err)
			}
		}
	case dead:
		w.told = new(no)
		w.halfway = func() { refused(os.RemoveAll(dir)) }
	case garbage:
		w.halfway = func() { refused(os.WriteFile(first, []byte("\x7fELF"), 0o600)) }
	case halfClosed:
		w.told = new(noDecision)
		w.halfway = func() {
			text := regoModule(2, policies[0])
			refused(os.WriteFile(first, []byte(text[:strings.LastIndex(text, "}")]), 0o600))
		}
	}
	return w
}

func writeModules(t *testing.T, dir string, version int) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Error(err)
	}
	for _, policy := range policies {
		file := filepath.Join(dir, fmt.Sprintf("%s.rego", strings.TrimPrefix(policy, "fault/")))
		if err := os.WriteFile(file, []byte(regoModule(version, policy)), 0o600); err != nil {
			t.Error(err)
		}
	}
}
