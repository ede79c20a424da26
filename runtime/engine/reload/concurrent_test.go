package reload_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/engine/reload"
	"github.com/kestgo/kest/runtime/kesttest"
)

// deciders is the key of a context for a list of those that decided.
type deciders struct{}

// signed is a version that leaves its digest in the context for each policy that
// it decides.
type signed struct{ *rego.Engine }

func (s signed) Evaluate(ctx context.Context, policy string, in *kest.PolicyInput) (bool, error) {
	list := ctx.Value(deciders{}).(*[]string)
	*list = append(*list, s.PolicyDigest())
	return s.Engine.Evaluate(ctx, policy, in)
}

var pay = kest.MustHook(kest.HookConfig{
	Operation: "pay", Policies: []string{"shop/a", "shop/b"}, Source: "internal", OmitsInput: true,
})

// payOnce goes through the hook and gives who decided, and the digest in the
// entry.
func payOnce(ctx context.Context) (decided []string, label string, err error) {
	ctx = context.WithValue(ctx, deciders{}, &decided)
	call, err := pay.Begin(ctx)
	if err != nil {
		return nil, "", err
	}
	defer call.End(&err)
	call.Inherit()
	inside, err := call.Enter()
	if err != nil {
		return nil, "", err
	}
	call.Leave()
	tokens := kest.PassportFromContext(inside).Tokens()
	entry, err := kest.DecodeEntry(tokens[len(tokens)-1])
	if err != nil {
		return nil, "", err
	}
	return decided, entry.Labels[kest.LabelPolicyDigest], nil
}

// TestOneVersionForEachCall: while policies are loaded 200 times, no call fails,
// all policies of a call are decided by one version, and that is the one in the
// entry.
func TestOneVersionForEachCall(t *testing.T) {
	const reloads, callsPerReload, policies = 200, 20, 4
	dir := t.TempDir()
	next := func(number int) {
		t.Helper()
		for _, name := range []string{"a", "b"} {
			text := fmt.Sprintf("package shop.%s\n\n# version %d\nallow := true\n", name, number)
			path := filepath.Join(dir, name+".rego")
			write(t, path+".new", text)
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}
	}
	next(0)
	engine, _ := start(t, reload.Config{Path: dir, Interval: time.Hour, Load: func(path string) (kest.Engine, error) {
		loaded, err := rego.LoadDir(path)
		return signed{loaded}, err
	}})
	rt, err := kest.New(kest.Config{
		Engine:   engine,
		Identity: kesttest.Identity("spiffe://test/reload"),
		Tiers:    kest.Tiers{Enterprise: []string{"shop/a"}, Application: []string{"shop/b"}},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := kest.NewContext(t.Context(), rt)
	calls := make(chan struct{}, 2*callsPerReload)
	var wg sync.WaitGroup
	versions := make([]map[string]bool, 2)
	for i := range versions {
		versions[i] = map[string]bool{}
		wg.Go(func() {
			for range calls {
				decided, label, err := payOnce(ctx)
				if err != nil || len(decided) != policies || len(slices.Compact(slices.Clone(decided))) != 1 || decided[0] != label {
					t.Errorf("decided by %q, the entry says %s: %v", decided, label, err)
				}
				versions[i][label] = true
			}
		})
	}
	for number := range reloads {
		for range callsPerReload {
			calls <- struct{}{}
		}
		next(number + 1)
		if err := engine.Reload(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(calls)
	wg.Wait()
	for _, seen := range versions[1:] {
		maps.Copy(versions[0], seen)
	}
	if len(versions[0]) < 2 {
		t.Errorf("the calls saw %d versions: the test has shown nothing", len(versions[0]))
	}
}

// TestPolicyThatIsCheckedWhileVersionsChange: what was checked on one version is
// checked again on the one that is in use.
func TestPolicyThatIsCheckedWhileVersionsChange(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p"), "1")
	l := &loader{}
	var engine *reload.Engine
	gone := errors.New("gone")
	l.set(func() (kest.Engine, error) {
		return &version{Engine: kesttest.Allow(), digest: "one", has: func(kest.Tier, string) error {
			return engine.Reload(background) // while this check runs
		}}, nil
	})
	engine, _ = start(t, reload.Config{Path: dir, Interval: time.Hour, Load: l.Load})
	l.set(func() (kest.Engine, error) {
		return &version{Engine: kesttest.Allow(), digest: "two", has: func(kest.Tier, string) error { return gone }}, nil
	})
	if err := engine.CheckPolicy("p"); !errors.Is(err, gone) || engine.PolicyDigest() != "two" {
		t.Errorf("got %v, and %s is in use", err, engine.PolicyDigest())
	}
	// It was not there, so it need not stay.
	if err := engine.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFolderThatGoesWhileItIsLoaded is an error, whatever Load gives.
func TestFolderThatGoesWhileItIsLoaded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "policies")
	write(t, filepath.Join(dir, "p"), "1")
	l := &loader{load: gives("one")}
	engine, _ := start(t, reload.Config{Path: dir, Interval: time.Hour, Load: l.Load})
	l.set(func() (kest.Engine, error) {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		return gives("two")()
	})
	if err := wantErr(engine.Reload(t.Context()), "no such file"); err != nil || engine.PolicyDigest() != "one" {
		t.Errorf("%v; %s is in use", err, engine.PolicyDigest())
	}
}

// TestSnapshotCostsNothing, since a hook takes one for each call.
func TestSnapshotCostsNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "policy.rego"), allows)
	engine, _ := start(t, reload.Config{Path: dir, Interval: time.Hour})
	if allocs := testing.AllocsPerRun(100, func() { engine.PolicySnapshot() }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
