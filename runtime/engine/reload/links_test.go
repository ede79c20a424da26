package reload_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/kestgo/kest/runtime/engine/reload"
)

// TestConfigMap swaps the directory behind ..data as the kubelet does.
func TestConfigMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		symlink := func(to, from string) {
			if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(dir, "..2026_01_01", "policy.rego"), allows)
		symlink("..2026_01_01", "..data")
		symlink(filepath.Join("..data", "policy.rego"), "policy.rego")
		engine, seen := start(t, reload.Config{Path: dir})

		write(t, filepath.Join(dir, "..2026_02_02", "policy.rego"), denies)
		looks(5)
		if list := seen.take(); len(list) != 0 || !decide(t, engine) {
			t.Errorf("before the swap: events %v", list)
		}
		symlink("..2026_02_02", "..data_tmp")
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "..2026_01_01")); err != nil {
			t.Fatal(err)
		}
		looks(2)
		if list := seen.take(); len(list) != 1 || list[0].Err != nil || decide(t, engine) {
			t.Errorf("after the swap: events %v", list)
		}
	})
}

// TestLinkToAFolder: Path itself may be a link that is turned to a new version.
func TestLinkToAFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "v1", "policy.rego"), allows)
	write(t, filepath.Join(dir, "v2", "policy.rego"), denies)
	link := filepath.Join(dir, "current")
	if err := os.Symlink("v1", link); err != nil {
		t.Fatal(err)
	}
	engine, _ := start(t, reload.Config{Path: link})
	if err := errors.Join(os.Symlink("v2", link+".new"), os.Rename(link+".new", link), engine.Reload(background)); err != nil {
		t.Fatal(err)
	}
	if decide(t, engine) {
		t.Error("the old folder is in use")
	}
}
