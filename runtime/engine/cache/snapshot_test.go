package cache_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/kesttest"
)

// version is an engine of one version of the policies.
type version struct {
	counting
	digest string
}

func (v *version) PolicyDigest() string { return v.digest }

// changing is an engine whose policies change.
type changing struct {
	kest.Engine
	current atomic.Pointer[version]
}

func (c *changing) PolicySnapshot() kest.Engine {
	if v := c.current.Load(); v != nil {
		return v
	}
	return nil
}

func says(allowed bool, digest string) *version {
	return &version{counting: counting{answer: func(string, *kest.PolicyInput) (bool, error) { return allowed, nil }}, digest: digest}
}

// TestNewPoliciesShareNothingWithOld, whether they have a digest or not, and if
// one digest stands for both.
func TestNewPoliciesShareNothingWithOld(t *testing.T) {
	for _, digests := range [][2]string{{"one", "two"}, {"", ""}, {"same", "same"}} {
		one, two := says(true, digests[0]), says(false, digests[1])
		inner := &changing{Engine: kesttest.Deny()}
		inner.current.Store(one)
		c := newCache(t, inner, cache.Config{})
		before := c.PolicySnapshot()
		if c.PolicySnapshot() != before || before.(*cache.Engine).PolicySnapshot() != before {
			t.Error("another snapshot though nothing has changed")
		}
		for range 2 {
			if !ask(t, c, input()) || !ask(t, before, input()) {
				t.Error("the first version denies")
			}
		}
		inner.current.Store(two)
		after := c.PolicySnapshot()
		for range 2 {
			if ask(t, c, input()) || ask(t, after, input()) {
				t.Error("the second version has an answer of the first")
			}
			if !ask(t, before, input()) {
				t.Error("the snapshot of the first version has an answer of the second")
			}
		}
		if one.asked.Load() != 1 || two.asked.Load() != 1 {
			t.Errorf("asked %d and %d times", one.asked.Load(), two.asked.Load())
		}
		if before.(*cache.Engine).PolicyDigest() != digests[0] || after.(*cache.Engine).PolicyDigest() != digests[1] {
			t.Error("a snapshot has the digest of another one")
		}
	}
}

// TestDigestThatChanges is of an engine that should be a snapshotter and is not.
func TestDigestThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := says(true, "one")
		c := newCache(t, inner, cache.Config{})
		ask(t, c, input())
		inner.digest = "two"
		ask(t, c, input())
		if asked := inner.asked.Load(); asked != 2 {
			t.Errorf("the engine was asked %d times", asked)
		}
		// A change while the engine is asked: nobody knows which version said it.
		inner.answer = func(string, *kest.PolicyInput) (bool, error) {
			inner.digest = "four"
			return true, nil
		}
		inner.digest = "three"
		ask(t, c, input())
		inner.digest = "three"
		ask(t, c, input())
		if asked := inner.asked.Load(); asked != 4 {
			t.Errorf("the engine was asked %d times", asked)
		}
	})
}

func TestSnapshotThatIsNil(t *testing.T) {
	c := newCache(t, &changing{Engine: kesttest.Allow()}, cache.Config{})
	if allowed, err := c.Evaluate(t.Context(), "p", input()); allowed || !errors.Is(err, kest.ErrPolicyMalformed) {
		t.Errorf("got %t, %v", allowed, err)
	}
}

// checking is an engine that has one policy in one tier.
type checking struct{ kest.Engine }

var errCheck, errTier = errors.New("not that policy"), errors.New("not that tier")

func (checking) CheckPolicy(policy string) error {
	if policy != "p" {
		return errCheck
	}
	return nil
}

func (c checking) CheckTierPolicy(tier kest.Tier, policy string) error {
	if tier != kest.TierPlatform {
		return errTier
	}
	return c.CheckPolicy(policy)
}

func TestCheckIsPassedOn(t *testing.T) {
	c := newCache(t, checking{kesttest.Deny()}, cache.Config{})
	for _, tt := range []struct{ got, want error }{
		{c.CheckPolicy("p"), nil},
		{c.CheckPolicy("q"), errCheck},
		{c.CheckTierPolicy(kest.TierPlatform, "p"), nil},
		{c.CheckTierPolicy(kest.TierPlatform, "q"), errCheck},
		{c.CheckTierPolicy(kest.TierFunction, "p"), errTier},
	} {
		if tt.got != tt.want {
			t.Errorf("got %v, want %v", tt.got, tt.want)
		}
	}
	plain := newCache(t, kesttest.Deny(), cache.Config{})
	if plain.CheckPolicy("any") != nil || plain.PolicyDigest() != "" || plain.PolicySnapshot() != plain {
		t.Error("a cache has what the engine behind it has not")
	}
}

func TestSnapshotCostsNothing(t *testing.T) {
	inner := &changing{Engine: kesttest.Deny()}
	inner.current.Store(says(true, "one"))
	for _, c := range []*cache.Engine{newCache(t, kesttest.Deny(), cache.Config{}), newCache(t, inner, cache.Config{})} {
		if allocs := testing.AllocsPerRun(100, func() { c.PolicySnapshot() }); allocs > 0 {
			t.Errorf("%v allocations", allocs)
		}
	}
}

func BenchmarkHit(b *testing.B) {
	c := newCache(b, kesttest.Allow(), cache.Config{TTL: time.Hour})
	in := input()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := c.Evaluate(b.Context(), "p", in); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkMiss(b *testing.B) {
	c := newCache(b, kesttest.Allow(), cache.Config{TTL: time.Hour, MaxEntries: 1})
	in := input()
	b.ReportAllocs()
	for b.Loop() {
		in.TrustScore++
		if ok, err := c.Evaluate(b.Context(), "p", in); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
