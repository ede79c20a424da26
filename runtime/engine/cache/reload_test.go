package cache_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestReload: new policies on disk are new decisions at once, here and in the
// snapshots that a hook takes.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	write := func(source string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "p.rego"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("package p\n\nallow := true\n")
	var recorders []*kesttest.Recorder // one for each version
	inner, err := reload.New(reload.Config{
		Path: dir, Interval: time.Hour, Logger: slog.New(slog.DiscardHandler),
		Load: func(path string) (kest.Engine, error) {
			loaded, err := rego.LoadDir(path)
			if err != nil {
				return nil, err
			}
			recorders = append(recorders, kesttest.Record(loaded))
			return recorders[len(recorders)-1], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	c := newCache(t, inner, cache.Config{})
	digest := c.PolicyDigest()
	if !ask(t, c, input()) || !ask(t, c.PolicySnapshot(), input()) {
		t.Error("the first version denies")
	}
	for range 2 { // a broken one changes nothing, also if it is loaded twice
		write("package p\n\nallow if {\n")
		if err := inner.Reload(t.Context()); err == nil {
			t.Error("a broken version was loaded")
		}
		if !ask(t, c, input()) {
			t.Error("a broken version decides")
		}
	}
	write("package p\n\nallow := false\n")
	if err := inner.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ask(t, c, input()) || ask(t, c.PolicySnapshot(), input()) || c.PolicyDigest() == digest {
		t.Error("the first version still decides")
	}
	for i, recorder := range recorders {
		if n := len(recorder.Calls()); n != 1 {
			t.Errorf("version %d was asked %d times", i, n)
		}
	}
}
