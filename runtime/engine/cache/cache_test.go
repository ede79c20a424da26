package cache_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/kesttest"
)

// counting is an engine that counts what it is asked.
type counting struct {
	asked  atomic.Int64
	answer func(policy string, in *kest.PolicyInput) (bool, error)
}

func (c *counting) Evaluate(_ context.Context, policy string, in *kest.PolicyInput) (bool, error) {
	c.asked.Add(1)
	if c.answer == nil {
		return true, nil
	}
	return c.answer(policy, in)
}

func newCache(t testing.TB, engine kest.Engine, config cache.Config) *cache.Engine {
	t.Helper()
	if config.TTL == 0 {
		config.TTL = time.Hour
	}
	if config.MaxEntries == 0 {
		config.MaxEntries = 1000
	}
	c, err := cache.New(engine, config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func input() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload: "spiffe://test/shop", User: "alice", Agent: "assistant", Task: "refund",
		TrustScore: 63, Taints: []string{"contains_data"},
		ResourceID: "orders/o-17", Attributes: []byte(`{"amount":12.5}`),
		IsRoot: true, SourceType: "internal", ParentHash: "0",
		PolicyNames: []string{"p", "q"}, PolicyTier: kest.TierPlatform,
		Deviations: []kest.Deviation{{Policy: "d", Tier: kest.TierPlatform, Reason: "r", Approver: "a"}},
		Operation:  "refund", Classification: "system",
	}
}

// ask evaluates the policy p and fails the test on an error.
func ask(t testing.TB, engine kest.Engine, in *kest.PolicyInput) bool {
	t.Helper()
	allowed, err := engine.Evaluate(t.Context(), "p", in)
	if err != nil {
		t.Error(err)
	}
	return allowed
}

// TestDefiniteAnswersAreKept: true and false, and nothing else.
func TestDefiniteAnswersAreKept(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name    string
		allowed bool
		err     error
		asked   int64 // of two calls
	}{
		{"allow", true, nil, 1},
		{"deny", false, nil, 1},
		{"an error", false, broken, 2},
		{"an error beside true", true, broken, 2},
		{"a time-out", false, context.DeadlineExceeded, 2},
		{"unreachable", false, &kest.PolicyError{Failure: kest.ErrPolicyUnreachable}, 2},
		{"unknown", false, &kest.PolicyError{Failure: kest.ErrPolicyUnknown}, 2},
	}
	for _, tt := range tests {
		inner := &counting{answer: func(string, *kest.PolicyInput) (bool, error) { return tt.allowed, tt.err }}
		c := newCache(t, inner, cache.Config{})
		for range 2 {
			allowed, err := c.Evaluate(t.Context(), "p", input())
			if allowed != (tt.allowed && tt.err == nil) || !errors.Is(err, tt.err) {
				t.Errorf("%s: got %t, %v", tt.name, allowed, err)
			}
		}
		if asked := inner.asked.Load(); asked != tt.asked {
			t.Errorf("%s: the engine was asked %d times", tt.name, asked)
		}
	}
}

// TestTTL counts from the question, not from the answer.
func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &counting{answer: func(string, *kest.PolicyInput) (bool, error) {
			<-time.After(4 * time.Second)
			return true, nil
		}}
		c := newCache(t, inner, cache.Config{TTL: 10 * time.Second})
		for _, step := range []struct {
			wait  time.Duration
			asked int64
		}{
			{0, 1},                         // until second 4
			{5 * time.Second, 1},           // second 9
			{time.Second - 1, 1},           // a nanosecond before 10
			{1, 2},                         // second 10; until 14
			{6*time.Second - 1, 2}, {1, 3}, // second 20
			{100 * time.Hour, 4}, {0, 4}, // long after
		} {
			<-time.After(step.wait)
			ask(t, c, input())
			if asked := inner.asked.Load(); asked != step.asked {
				t.Errorf("after %s more: the engine was asked %d times, want %d", step.wait, asked, step.asked)
			}
		}
	})
}

// TestSlowAnswersAreTooOld: one that took longer than the TTL is not kept.
func TestSlowAnswersAreTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &counting{answer: func(string, *kest.PolicyInput) (bool, error) {
			<-time.After(time.Minute)
			return true, nil
		}}
		c := newCache(t, inner, cache.Config{TTL: time.Minute})
		for range 2 {
			if !ask(t, c, input()) {
				t.Error("denied")
			}
		}
		if asked := inner.asked.Load(); asked != 2 {
			t.Errorf("the engine was asked %d times", asked)
		}
	})
}

// TestMaxEntries: what nobody asked for longest goes first.
func TestMaxEntries(t *testing.T) {
	inner := &counting{}
	c := newCache(t, inner, cache.Config{MaxEntries: 2})
	user := func(name string) *kest.PolicyInput {
		in := input()
		in.User = name
		return in
	}
	for i, step := range []struct {
		user  string
		asked int64
	}{{"a", 1}, {"b", 2}, {"a", 2}, {"c", 3}, {"a", 3}, {"b", 4}, {"c", 5}} {
		ask(t, c, user(step.user))
		if asked := inner.asked.Load(); asked != step.asked {
			t.Errorf("step %d, %s: the engine was asked %d times, want %d", i, step.user, asked, step.asked)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	good := cache.Config{TTL: time.Second, MaxEntries: 1}
	tests := []struct {
		name   string
		engine kest.Engine
		config cache.Config
		want   []string
	}{
		{"no engine", nil, good, []string{"there is no engine to ask"}},
		{"typed nil engine", (*counting)(nil), good, []string{"there is no engine to ask"}},
		{"no TTL", kesttest.Deny(), cache.Config{MaxEntries: 1}, []string{"the TTL is 0s"}},
		{"negative TTL", kesttest.Deny(), cache.Config{TTL: -1, MaxEntries: 1}, []string{"the TTL is -1ns"}},
		{"long TTL", kesttest.Deny(), cache.Config{TTL: cache.MaxTTL + 1, MaxEntries: 1}, []string{"at most 1h0m0s"}},
		{"no entries", kesttest.Deny(), cache.Config{TTL: 1}, []string{"MaxEntries is 0"}},
		{"negative entries", kesttest.Deny(), cache.Config{TTL: 1, MaxEntries: -1}, []string{"MaxEntries is -1"}},
		{"many entries", kesttest.Deny(), cache.Config{TTL: 1, MaxEntries: cache.MaxMaxEntries + 1}, []string{"1 to 1048576"}},
		{"all at once", nil, cache.Config{}, []string{"no engine", "TTL", "MaxEntries"}},
	}
	for _, tt := range tests {
		c, err := cache.New(tt.engine, tt.config)
		if c != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: got %v, %v", tt.name, c, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", tt.name, err, want)
			}
		}
	}
	newCache(t, kesttest.Deny(), cache.Config{TTL: cache.MaxTTL, MaxEntries: cache.MaxMaxEntries})
}

func TestNilAndZero(t *testing.T) {
	for _, c := range []*cache.Engine{nil, {}} {
		if allowed, err := c.Evaluate(t.Context(), "p", input()); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("Evaluate: got %t, %v", allowed, err)
		}
		if allowed, err := c.PolicySnapshot().Evaluate(t.Context(), "p", input()); allowed || !errors.Is(err, kest.ErrPolicyUnknown) {
			t.Errorf("PolicySnapshot: got %t, %v", allowed, err)
		}
		for _, err := range []error{c.CheckPolicy("p"), c.CheckTierPolicy(kest.TierPlatform, "p")} {
			if !errors.Is(err, kest.ErrPolicyUnknown) {
				t.Errorf("check: got %v", err)
			}
		}
		if digest := c.PolicyDigest(); digest != "" {
			t.Errorf("PolicyDigest: got %q", digest)
		}
		c.Invalidate()
	}
}

// TestBadInput: the engine is not asked about what could be taken for another
// input.
func TestBadInput(t *testing.T) {
	attributes := func(text string) *kest.PolicyInput {
		in := input()
		in.Attributes = []byte(text)
		return in
	}
	notUTF8 := input()
	notUTF8.User = "secret\xff"
	tests := []struct {
		name  string
		input *kest.PolicyInput
	}{
		{"none", nil},
		{"not UTF-8", notUTF8},
		{"no attributes", attributes("")},
		{"white space", attributes(" \n")},
		{"an array", attributes("[]")},
		{"cut off", attributes(`{"secret":`)},
		{"a member twice", attributes(`{"secret":1,"secret":2}`)},
		{"end the object early", attributes(`{},"id":"secret"},"subject":{"x":{}`)},
		{"nested deep", attributes(`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`)},
	}
	inner := &counting{}
	c := newCache(t, inner, cache.Config{})
	for _, tt := range tests {
		for range 2 {
			allowed, err := c.Evaluate(t.Context(), "p", tt.input)
			if allowed || !errors.Is(err, kest.ErrPolicyMalformed) {
				t.Errorf("%s: got %t, %v", tt.name, allowed, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the error has a value of the input: %v", tt.name, err)
			}
		}
	}
	if asked := inner.asked.Load(); asked != 0 {
		t.Errorf("the engine was asked %d times", asked)
	}
}
