package router_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/router"
	"github.com/kestgo/kest/runtime/kesttest"
)

// changing is an engine whose policies change.
type changing struct {
	kest.Engine
	current atomic.Pointer[named]
	taken   atomic.Int64 // snapshots
	broken  bool
}

func (c *changing) PolicySnapshot() kest.Engine {
	c.taken.Add(1)
	if c.broken {
		return nil
	}
	return c.current.Load()
}

func newChanging() *changing {
	c := &changing{Engine: kesttest.Deny()}
	c.current.Store(&named{name: "one"})
	return c
}

func TestSnapshotKeepsWhatItHas(t *testing.T) {
	inner := newChanging()
	engine := newRouter(t, router.Config{
		Default:  fallback,
		Tiers:    map[kest.Tier]kest.Engine{kest.TierFunction: inner},
		Prefixes: map[string]kest.Engine{"p": inner},
	})
	one := engine.PolicySnapshot()
	if taken := inner.taken.Load(); taken != 1 {
		t.Errorf("%d snapshots of an engine that stands on two routes", taken)
	}
	if again := engine.PolicySnapshot(); again != one {
		t.Error("another snapshot though nothing has changed")
	}
	digest := one.(kest.PolicyDigester).PolicyDigest()

	inner.current.Store(&named{name: "two"})
	two := engine.PolicySnapshot()
	for snapshot, want := range map[kest.Engine]string{one: "one", two: "two"} {
		for _, policy := range []string{"a", "p:a"} {
			_, err := snapshot.Evaluate(t.Context(), policy, &kest.PolicyInput{PolicyTier: kest.TierFunction})
			var got *answer
			if !errors.As(err, &got) || got.engine != want {
				t.Errorf("snapshot %s: got %v", want, err)
			}
		}
		if s := snapshot.(kest.PolicySnapshotter); s.PolicySnapshot() != snapshot {
			t.Error("the snapshot of a snapshot is another one")
		}
	}
	if one.(kest.PolicyDigester).PolicyDigest() != digest || two.(kest.PolicyDigester).PolicyDigest() == digest {
		t.Error("the digest is not that of the snapshot")
	}
}

func TestSnapshotThatIsNil(t *testing.T) {
	inner := newChanging()
	inner.broken = true
	engine := newRouter(t, router.Config{Default: inner})
	allowed, err := engine.PolicySnapshot().Evaluate(t.Context(), "a", &kest.PolicyInput{})
	if allowed || !errors.Is(err, kest.ErrPolicyMalformed) {
		t.Errorf("got %t, %v", allowed, err)
	}
}

// constant has its digest ready.
type constant struct{ kest.Engine }

func (*constant) PolicyDigest() string { return "constant" }

// steady is a snapshotter whose snapshot stays the same.
type steady struct{ constant }

func (s *steady) PolicySnapshot() kest.Engine { return &s.constant }

func TestSnapshotCostsNothing(t *testing.T) {
	fixed := newRouter(t, router.Config{Default: &constant{}, Prefixes: map[string]kest.Engine{"cedar": &constant{}}})
	if fixed.PolicySnapshot() != fixed {
		t.Error("a router of engines that do not change is not its own snapshot")
	}
	for _, engine := range []*router.Engine{
		fixed,
		newRouter(t, router.Config{Default: &steady{}, Prefixes: map[string]kest.Engine{"cedar": &constant{}}}),
	} {
		if allocs := testing.AllocsPerRun(100, func() { engine.PolicySnapshot().(*router.Engine).PolicyDigest() }); allocs > 0 {
			t.Errorf("%v allocations", allocs)
		}
	}
}

// TestUncomparableEngines are those that == cannot compare.
func TestUncomparableEngines(t *testing.T) {
	engine := newRouter(t, router.Config{Default: list{1}, Tiers: map[kest.Tier]kest.Engine{kest.TierFunction: list{1}}})
	for _, e := range []kest.Engine{engine, engine.PolicySnapshot(), engine.PolicySnapshot()} {
		if allowed, err := e.Evaluate(t.Context(), "a", &kest.PolicyInput{PolicyTier: kest.TierFunction}); allowed || err == nil {
			t.Errorf("got %t, %v", allowed, err)
		}
	}
}

type list []int

func (l list) PolicySnapshot() kest.Engine { return l }

func (l list) Evaluate(ctx context.Context, policy string, in *kest.PolicyInput) (bool, error) {
	return fallback.Evaluate(ctx, policy, in)
}

// TestPolicyDigestIsAsDocumented computes the digest by hand, as an auditor
// would.
func TestPolicyDigestIsAsDocumented(t *testing.T) {
	engine := newRouter(t, router.Config{
		Default:  fallback,
		Tiers:    map[kest.Tier]kest.Engine{kest.TierPlatform: enterprise, kest.TierFunction: kesttest.Deny()},
		Prefixes: map[string]kest.Engine{"opa": kesttest.Deny(), "b": cedar, "a": fallback},
	})
	framed := func(s string) string {
		return string(binary.BigEndian.AppendUint64(nil, uint64(len(s)))) + s
	}
	sum := sha256.Sum256([]byte("kest router 1\n" +
		framed("default") + framed("digest of default") +
		framed("prefix a") + framed("digest of default") +
		framed("prefix b") + framed("digest of cedar") +
		framed("tier platform") + framed("digest of enterprise")))
	if got, want := engine.PolicyDigest(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("PolicyDigest() = %s, want %s", got, want)
	}
	if got := newRouter(t, router.Config{Default: kesttest.Deny()}).PolicyDigest(); got != "" {
		t.Errorf("no engine has a digest, and the router has %s", got)
	}
}

// TestPolicyDigestFollowsItsEngines: also one that is no snapshotter.
func TestPolicyDigestFollowsItsEngines(t *testing.T) {
	inner := &named{name: "one"}
	engine := newRouter(t, router.Config{Default: fallback, Prefixes: map[string]kest.Engine{"p": inner}})
	one := engine.PolicyDigest()
	inner.name = "two"
	two := engine.PolicyDigest()
	if one == two || engine.PolicyDigest() != two {
		t.Error("the digest did not change")
	}
}

func TestConcurrentSnapshots(t *testing.T) {
	inner := newChanging()
	engine := newRouter(t, router.Config{Default: inner, Prefixes: map[string]kest.Engine{"cedar": cedar}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				snapshot := engine.PolicySnapshot().(*router.Engine)
				_, err := snapshot.Evaluate(t.Context(), "a", &kest.PolicyInput{})
				var got *answer
				if !errors.As(err, &got) {
					t.Errorf("got %v", err)
				}
				want := newRouter(t, router.Config{Default: &named{name: got.engine}, Prefixes: map[string]kest.Engine{"cedar": cedar}})
				if snapshot.PolicyDigest() != want.PolicyDigest() {
					t.Error("the digest is not of the engine that decided")
				}
			}
		})
	}
	for i := range 200 {
		inner.current.Store(&named{name: []string{"one", "two"}[i%2]})
	}
	wg.Wait()
}
