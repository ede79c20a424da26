package reload_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/kesttest"
)

// TestLifeOfAFolder goes through what happens to a folder of policies.
func TestLifeOfAFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "policies")
		policy := filepath.Join(dir, "policy.rego")
		away := dir + ".away"
		rename := func(from, to string) {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		write(t, policy, allows)
		engine, seen := start(t, reload.Config{Path: dir})
		digest := engine.PolicyDigest()
		steps := []struct {
			name    string
			change  func()
			looks   int
			allowed bool   // what is decided then
			err     string // what Err says then; "" for nil
			events  string // "ok", "error" or both, in order
		}{
			{"nothing", func() {}, 5, true, "", ""},
			{"touched", func() { write(t, policy, allows) }, 5, true, "", ""},
			{"edited, seen once", func() { write(t, policy, denies) }, 1, true, "", ""},
			{"edited, seen twice", func() {}, 1, false, "", "ok"},
			{"broken", func() { write(t, policy, broken) }, 2, false, "neither Rego v1 nor Rego v0", "error"},
			{"still broken", func() {}, 100, false, "neither Rego v1 nor Rego v0", ""},
			{"broken in another way", func() { write(t, policy, broken+broken) }, 2, false, "neither Rego v1 nor Rego v0", "error"},
			{"mended", func() { write(t, policy, allows) }, 2, true, "", "ok"},
			{"broken again", func() { write(t, policy, broken) }, 2, true, "neither Rego v1 nor Rego v0", "error"},
			{"put back", func() { write(t, policy, allows) }, 1, true, "", "ok"},
			{"gone", func() { rename(dir, away) }, 1, true, "no such file", "error"},
			{"still gone", func() {}, 100, true, "no such file", ""},
			{"back", func() { rename(away, dir) }, 1, true, "", "ok"},
			{"empty", func() { rename(policy, away) }, 1, true, "there is no file in it", "error"},
			{"other files only", func() { write(t, filepath.Join(dir, "README"), "") }, 2, true, "there is no .rego file", "error"},
			{"full again", func() { rename(away, policy) }, 2, true, "", "ok"},
			{"one more", func() { write(t, filepath.Join(dir, "more", "b.rego"), "package b\n\nallow := true\n") }, 2, true, "", "ok"},
			{"renamed", func() { rename(policy, filepath.Join(dir, "x.rego")) }, 2, true, "", "ok"},
		}
		for _, step := range steps {
			step.change()
			looks(step.looks)
			var got []string
			for _, event := range seen.take() {
				if event.Err == nil {
					got = append(got, "ok")
				} else {
					got = append(got, "error")
				}
				if event.Digest != engine.PolicyDigest() {
					t.Errorf("%s: the event has another digest than the engine", step.name)
				}
			}
			if text := strings.Join(got, " "); text != step.events {
				t.Errorf("%s: events %q, want %q", step.name, text, step.events)
			}
			if decide(t, engine) != step.allowed || decide(t, engine.PolicySnapshot()) != step.allowed {
				t.Errorf("%s: not decided as wanted: %t", step.name, step.allowed)
			}
			if err := wantErr(engine.Err(), step.err); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
		}
		if engine.PolicyDigest() == digest {
			t.Error("the digest is the first one's")
		}
	})
}

// TestHalfCopied: a folder that changes from look to look is left alone, and when
// there is no end to it, that is said once.
func TestHalfCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := filepath.Join(dir, "policy.rego")
		write(t, policy, allows)
		engine, seen := start(t, reload.Config{Path: dir})
		for i := range 40 {
			write(t, policy, denies+strings.Repeat("\n", i))
			looks(1)
			if !decide(t, engine) {
				t.Fatalf("look %d: a version that was seen once is in use", i)
			}
		}
		if list := seen.take(); len(list) != 1 || wantErr(list[0].Err, "at each of the last 30 looks") != nil {
			t.Errorf("events %v", list)
		}
		looks(1)
		if decide(t, engine) || engine.Err() != nil {
			t.Errorf("the last version is not in use: %v", engine.Err())
		}
	})
}

// TestChangeDuringLoad: what is loaded while files change is not used, whether it
// could be loaded or not.
func TestChangeDuringLoad(t *testing.T) {
	for _, half := range []string{broken, denies} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			policy := filepath.Join(dir, "policy.rego")
			write(t, policy, allows)
			var changing atomic.Bool
			engine, seen := start(t, reload.Config{Path: dir, Load: func(path string) (kest.Engine, error) {
				loaded, err := loadDir(path)
				if changing.Swap(false) {
					write(t, policy, denies+"# complete\n")
				}
				return loaded, err
			}})
			write(t, policy, half)
			changing.Store(true)
			looks(2)
			if list := seen.take(); len(list) != 0 || !decide(t, engine) || engine.Err() != nil {
				t.Errorf("half a version: events %v, %v", list, engine.Err())
			}
			looks(2)
			if list := seen.take(); len(list) != 1 || decide(t, engine) {
				t.Errorf("the complete version: events %v", list)
			}

			write(t, policy, half)
			changing.Store(true)
			if err := wantErr(engine.Reload(background), "changed while they were loaded"); err != nil {
				t.Error(err)
			}
			if engine.Err() != nil || len(seen.take()) != 0 {
				t.Error("a change is reported as a failure")
			}
		})
	}
}

// TestChangeBeforeLoad: content that changed after the second look, and stays as
// it is while it is loaded, has not been seen twice.
func TestChangeBeforeLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := filepath.Join(dir, "policy.rego")
		write(t, policy, allows)
		engine, _ := start(t, reload.Config{Path: dir})
		write(t, policy, broken)
		looks(1)
		write(t, policy, denies)
		looks(1)
		if !decide(t, engine) {
			t.Error("in use after one look")
		}
		looks(1)
		if decide(t, engine) {
			t.Error("not in use after two looks")
		}
	})
}

// TestReloadNow is what a signal does.
func TestReloadNow(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.rego")
	write(t, policy, allows)
	engine, seen := start(t, reload.Config{Path: dir, Interval: time.Hour})
	for _, step := range []struct {
		text, err string
		allowed   bool
		events    int
	}{
		{denies, "", false, 1},
		{denies, "", false, 1}, // again, though nothing has changed
		{broken, "neither Rego v1", false, 1},
		{broken, "neither Rego v1", false, 0},
		{allows, "", true, 1},
	} {
		write(t, policy, step.text)
		if err := wantErr(engine.Reload(t.Context()), step.err); err != nil {
			t.Error(err)
		}
		if err := wantErr(engine.Err(), step.err); err != nil {
			t.Error(err)
		}
		if events := len(seen.take()); events != step.events || decide(t, engine) != step.allowed {
			t.Errorf("%q: %d events", step.text, events)
		}
	}
}

// TestPoliciesThatAreInUseStay: a version that lacks a policy which the runtime
// asked for is refused, as New would refuse it.
func TestPoliciesThatAreInUseStay(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "policy.rego"), allows)
	other := filepath.Join(dir, "other.rego")
	write(t, other, "package shop.other\n\nallow := true\n")
	engine, seen := start(t, reload.Config{Path: dir, Interval: time.Hour})
	if err := engine.CheckPolicy("shop/misspelt"); !errors.Is(err, kest.ErrPolicy) {
		t.Errorf("got %v", err)
	}
	if _, err := kest.New(kest.Config{
		Engine:   engine,
		Identity: kesttest.Identity("spiffe://test/reload"),
		Tiers:    kest.Tiers{Platform: []string{"shop/other"}},
	}); err != nil {
		t.Fatal(err)
	}
	digest := engine.PolicyDigest()
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := wantErr(engine.Reload(t.Context()), "shop/other"); err != nil {
			t.Error(err)
		}
	}
	if list := seen.take(); len(list) != 1 || engine.PolicyDigest() != digest {
		t.Errorf("events %v", list)
	}
	// Nobody asked for shop/allow.
	write(t, other, "package shop.other\n\nallow := false\n")
	if err := errors.Join(os.Remove(filepath.Join(dir, "policy.rego")), engine.Reload(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestPolicyAskedForDuringLoad: also one that is asked for while the version that
// lacks it is on its way.
func TestPolicyAskedForDuringLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p"), "1")
	var engine *reload.Engine
	lacks := errors.New("there is no such policy")
	first := true
	config := reload.Config{Path: dir, Interval: time.Hour, Load: func(string) (kest.Engine, error) {
		v := &version{Engine: kesttest.Allow(), digest: "one"}
		v.has = func(kest.Tier, string) error { return nil }
		if !first {
			v.digest = "two"
			v.has = func(_ kest.Tier, policy string) error {
				if policy == "b" {
					return lacks
				}
				// The check of a, which was known. Now somebody asks for b.
				if engine.PolicyDigest() == "one" {
					return engine.CheckTierPolicy(kest.TierPlatform, "b")
				}
				return nil
			}
		}
		first = false
		return v, nil
	}}
	engine, _ = start(t, config)
	if err := engine.CheckPolicy("a"); err != nil {
		t.Fatal(err)
	}
	if err := engine.Reload(t.Context()); !errors.Is(err, lacks) || engine.PolicyDigest() != "one" {
		t.Errorf("got %v, and %s is in use", err, engine.PolicyDigest())
	}
}

// TestFile is for bundles, which are one file.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle")
	write(t, path, "one")
	engine, _ := start(t, reload.Config{Path: path, Load: func(path string) (kest.Engine, error) {
		text, err := os.ReadFile(path)
		return &version{Engine: kesttest.Allow(), digest: string(text)}, err
	}})
	write(t, path, "two")
	if err := engine.Reload(t.Context()); err != nil || engine.PolicyDigest() != "two" {
		t.Errorf("got %v, %s", err, engine.PolicyDigest())
	}
}
