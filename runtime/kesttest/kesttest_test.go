package kesttest_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

func TestAllowAndDeny(t *testing.T) {
	for want, engine := range map[bool]kest.Engine{true: kesttest.Allow(), false: kesttest.Deny()} {
		if got, err := engine.Evaluate(t.Context(), "any/policy", &kest.PolicyInput{}); got != want || err != nil {
			t.Errorf("got %t, %v, want %t", got, err, want)
		}
	}
}

func TestPolicies(t *testing.T) {
	broken := errors.New("broken")
	engine := kesttest.Policies(map[string]func(*kest.PolicyInput) (bool, error){
		"kest/trusted": func(in *kest.PolicyInput) (bool, error) { return in.TrustScore >= 40, nil },
		"kest/broken":  func(*kest.PolicyInput) (bool, error) { return true, broken },
		"kest/nil":     nil,
	})
	tests := []struct {
		policy string
		trust  int
		want   bool
		err    string // "" for none
	}{
		{"kest/trusted", 40, true, ""},
		{"kest/trusted", 39, false, ""},
		{"kest/broken", 40, false, "broken"},
		{"kest/truste", 40, false, `did you mean "kest/trusted"?`},
		{"kest/nil", 40, false, "unknown policy"},
		{"something/else", 40, false, "no policy of the 3 has a name near it"},
	}
	for _, tt := range tests {
		got, err := engine.Evaluate(t.Context(), tt.policy, &kest.PolicyInput{TrustScore: tt.trust})
		if got != tt.want || (err != nil) != (tt.err != "") {
			t.Errorf("%s with %d: got %t, %v", tt.policy, tt.trust, got, err)
		}
		if err != nil && (!errors.Is(err, kest.ErrPolicy) || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: error %v, want ErrPolicy with %q", tt.policy, err, tt.err)
		}
	}
	if _, err := engine.Evaluate(t.Context(), "kest/broken", nil); !errors.Is(err, broken) {
		t.Errorf("error %v does not wrap the function's", err)
	}
}

// TestPoliciesAreCheckedAtStartup has a tier with a misspelt policy.
func TestPoliciesAreCheckedAtStartup(t *testing.T) {
	engine := kesttest.Policies(map[string]func(*kest.PolicyInput) (bool, error){
		"kest/trusted": func(*kest.PolicyInput) (bool, error) { return true, nil },
	})
	for _, e := range []kest.Engine{engine, kesttest.Record(engine)} {
		_, err := kest.New(kest.Config{
			Engine:   e,
			Identity: kesttest.Identity("spiffe://test/a"),
			Tiers:    kest.Tiers{Platform: []string{"kest/trustd"}},
		})
		if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), `"kest/trusted"`) {
			t.Errorf("got %v", err)
		}
	}
}

func TestIdentityIsDeterministic(t *testing.T) {
	signer := func(workload string) *kest.Signer {
		t.Helper()
		s, err := kesttest.Identity(workload).Signer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, again, b := signer("spiffe://test/a"), signer("spiffe://test/a"), signer("spiffe://test/b")
	if a.KeyID() != again.KeyID() || a.KeyID() == b.KeyID() {
		t.Errorf("keys %s, %s and %s", a.KeyID(), again.KeyID(), b.KeyID())
	}
	// Fixed, so that golden files with signatures stay valid.
	if want := "jkMckvquHuzCU7Nv895euPGKaViOUIYnjNqX_Z1i71Q"; a.KeyID() != want {
		t.Errorf("key of spiffe://test/a is %s, want %s", a.KeyID(), want)
	}
	if key := kesttest.Key("spiffe://test/a"); key.ID() != a.KeyID() || key.Subject != "spiffe://test/a" {
		t.Errorf("Key gives %s of %s", key.ID(), key.Subject)
	}
	if _, err := kesttest.Identity("").Signer(t.Context()); !errors.Is(err, kest.ErrIdentity) {
		t.Errorf("empty workload: got %v", err)
	}
}

func TestNothingWorksInProduction(t *testing.T) {
	t.Setenv("KEST_ENV", "production")
	if _, err := kesttest.Identity("spiffe://test/a").Signer(t.Context()); !errors.Is(err, kest.ErrIdentity) || !strings.Contains(err.Error(), "KEST_ENV is production") {
		t.Errorf("identity: got %v", err)
	}
	for _, engine := range []kest.Engine{
		kesttest.Allow(),
		kesttest.Policies(map[string]func(*kest.PolicyInput) (bool, error){
			"p": func(*kest.PolicyInput) (bool, error) { return true, nil },
		}),
		kesttest.Func(func(context.Context, string, *kest.PolicyInput) (bool, error) { return true, nil }),
	} {
		if allowed, err := engine.Evaluate(t.Context(), "p", &kest.PolicyInput{}); allowed || !errors.Is(err, kest.ErrPolicy) || !strings.Contains(err.Error(), "KEST_ENV is production") {
			t.Errorf("engine: got %t, %v", allowed, err)
		}
	}
}

func TestRecorderKeepsCopies(t *testing.T) {
	recorder := kesttest.Record(kesttest.Deny())
	fresh := func() *kest.PolicyInput {
		return &kest.PolicyInput{
			User: "alice", Taints: []string{"a"}, Attributes: []byte(`{"n":1}`),
			PolicyNames: []string{"p"}, Deviations: []kest.Deviation{{Policy: "q"}},
		}
	}
	input := fresh()
	if allowed, err := recorder.Evaluate(t.Context(), "p", input); allowed || err != nil {
		t.Fatal(allowed, err)
	}
	input.User, input.Taints[0], input.PolicyNames[0], input.Deviations[0].Policy = "x", "x", "x", "x"
	copy(input.Attributes, "xxxxxxx")
	want := []kesttest.Call{{Policy: "p", Input: fresh()}}
	if got := recorder.Calls(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got[0].Input, want[0].Input)
	}
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	recorder := kesttest.Record(kesttest.Allow())
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if _, err := recorder.Evaluate(t.Context(), "p", &kest.PolicyInput{}); err != nil {
				t.Error(err)
			}
			recorder.Calls()
		})
	}
	wg.Wait()
	if n := len(recorder.Calls()); n != 32 {
		t.Errorf("recorded %d calls", n)
	}
}
