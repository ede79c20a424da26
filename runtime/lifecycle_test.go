package kest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/canon"
)

func notCalled(t *testing.T) func(context.Context) error {
	return func(context.Context) error {
		t.Error("the function was called")
		return nil
	}
}

// TestTC01RootSentinel: an entry that follows nothing has ["0"] as parents.
func TestTC01RootSentinel(t *testing.T) {
	entry := lastEntry(t, enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{})))
	if !slices.Equal(entry.ParentIDs, []string{"0"}) || !entry.IsRoot() {
		t.Errorf("parent_ids = %q, want [\"0\"]", entry.ParentIDs)
	}
}

// TestTC07DenialLeavesFunctionUncalled: F-PE-02, F-PE-04.
func TestTC07DenialLeavesFunctionUncalled(t *testing.T) {
	broken := errors.New("engine is on fire")
	for name, test := range map[string]struct {
		evaluate engine
		is, not  []error
	}{
		"denied":          {func(string, *kest.PolicyInput) (bool, error) { return false, nil }, []error{kest.ErrDenied}, []error{kest.ErrPolicy}},
		"error":           {func(string, *kest.PolicyInput) (bool, error) { return false, broken }, []error{kest.ErrDenied, kest.ErrPolicy, broken}, nil},
		"error and true":  {func(string, *kest.PolicyInput) (bool, error) { return true, broken }, []error{kest.ErrDenied, kest.ErrPolicy, broken}, nil},
		"engine panics":   {func(string, *kest.PolicyInput) (bool, error) { panic("bad input") }, []error{kest.ErrDenied, kest.ErrPolicy}, nil},
		"context is over": {func(string, *kest.PolicyInput) (bool, error) { return false, context.DeadlineExceeded }, []error{kest.ErrDenied, kest.ErrPolicy, context.DeadlineExceeded}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, kest.Config{Engine: test.evaluate})
			err := run(ctx, hook(kest.HookConfig{}), `{}`, notCalled(t))
			for _, want := range test.is {
				if !errors.Is(err, want) {
					t.Errorf("error %v does not match %v", err, want)
				}
			}
			for _, other := range test.not {
				if errors.Is(err, other) {
					t.Errorf("error %v matches %v", err, other)
				}
			}
			var denied *kest.DeniedError
			if !errors.As(err, &denied) {
				t.Fatalf("error is %T, want *DeniedError", err)
			}
			if denied.Policy != "kest/allow" || denied.Tier != kest.TierFunction || denied.Operation != "operation" || denied.EntryID == "" {
				t.Errorf("denial is %+v", denied)
			}
			if kest.PassportFromContext(ctx).Len() != 0 {
				t.Error("the denied call left an entry")
			}
		})
	}
}

// TestTC08LogicalAND: every policy of every tier must allow, tier by tier, and
// the first denial ends the evaluation (F-PE-07, F-PE-08).
func TestTC08LogicalAND(t *testing.T) {
	tiers := kest.Tiers{Enterprise: []string{"e1", "e2"}, Platform: []string{"p1"}, Application: []string{"a1"}}
	order := []string{"enterprise e1", "enterprise e2", "platform p1", "application a1", "function f1", "function f2"}
	for deny := range len(order) + 1 {
		t.Run(fmt.Sprint(deny), func(t *testing.T) {
			var asked []string
			ctx := testContext(t, kest.Config{Tiers: tiers, Engine: engine(func(policy string, in *kest.PolicyInput) (bool, error) {
				asked = append(asked, string(in.PolicyTier)+" "+policy)
				return len(asked) <= deny, nil
			})})
			called := false
			err := run(ctx, hook(kest.HookConfig{Policies: []string{"f1", "f2"}}), `{}`, func(context.Context) error {
				called = true
				return nil
			})
			if all := deny == len(order); called != all || (err == nil) != all {
				t.Errorf("called %t with error %v after %q", called, err, asked)
			}
			if want := order[:min(deny+1, len(order))]; !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
}

// TestEveryAllowedCallMakesOneEntry: F-AE-01, F-AE-04.
func TestEveryAllowedCallMakesOneEntry(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	ids := make(map[string]bool)
	for depth := 1; depth <= 20; depth++ {
		ctx = enter(t, ctx, hook(kest.HookConfig{}))
		if n := kest.PassportFromContext(ctx).Len(); n != depth {
			t.Fatalf("%d entries at depth %d", n, depth)
		}
		ids[lastEntry(t, ctx).EntryID] = true
	}
	if len(ids) != 20 {
		t.Errorf("20 calls have %d entry ids", len(ids))
	}
}

func TestCallerContextIsUnchanged(t *testing.T) {
	ctx := enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{}))
	first := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{})))
	second := lastEntry(t, enter(t, ctx, hook(kest.HookConfig{})))
	if !slices.Equal(first.ParentIDs, second.ParentIDs) {
		t.Errorf("calls from one function are no siblings: parents %q and %q", first.ParentIDs, second.ParentIDs)
	}
}

func TestErrorOfTheFunctionIsReturnedAsItIs(t *testing.T) {
	want := errors.New("out of stock")
	err := run(testContext(t, kest.Config{}), hook(kest.HookConfig{}), `{}`, func(context.Context) error { return want })
	if err != want {
		t.Errorf("error = %v, want %v", err, want)
	}
}

func TestPanicGoesOn(t *testing.T) {
	defer func() {
		if r := recover(); r != "boom" {
			t.Errorf("recovered %v, want boom", r)
		}
	}()
	_ = run(testContext(t, kest.Config{}), hook(kest.HookConfig{}), `{}`, func(context.Context) error { panic("boom") })
}

type brokenIdentity struct {
	signer *kest.Signer
	err    error
}

func (i brokenIdentity) Signer(context.Context) (*kest.Signer, error) { return i.signer, i.err }

// failsLater is an identity that works when New tries it, and then no more.
type failsLater struct {
	tried bool
	then  kest.Identity
}

func (i *failsLater) Signer(ctx context.Context) (*kest.Signer, error) {
	if !i.tried {
		i.tried = true
		return identity(workload).Signer(ctx)
	}
	return i.then.Signer(ctx)
}

// outOfRange is an evaluator that breaks its contract.
type outOfRange struct{}

func (outOfRange) Name() string            { return "out_of_range" }
func (outOfRange) Evaluate(int, []int) int { return 101 }
func nilEngine() kest.Engine               { return nil }
func nilIdentity() kest.Identity           { return nil }
func nilEvaluator() kest.TrustEvaluator    { return nil }
func badEvaluator() kest.TrustEvaluator    { return outOfRange{} }
func mustNotBeAsked(t *testing.T) engine {
	return func(string, *kest.PolicyInput) (bool, error) {
		t.Error("a policy was evaluated")
		return true, nil
	}
}

// TestErrorBeforeThePolicies: an error in the steps 1 to 7 is typed, asks no
// policy, and keeps the function from running.
func TestErrorBeforeThePolicies(t *testing.T) {
	noKey := errors.New("no key yet")
	nested := func(ctx context.Context) context.Context {
		return enter(t, kest.NewContext(ctx, newRuntime(t, kest.Config{})), hook(kest.HookConfig{}))
	}
	for name, test := range map[string]struct {
		identity kest.Identity
		hook     kest.HookConfig
		input    string
		fail     error
		below    bool
		want     error
		text     string
	}{
		"identity fails":           {identity: brokenIdentity{err: noKey}, want: kest.ErrIdentity, text: "no key yet"},
		"identity gives nothing":   {identity: brokenIdentity{}, want: kest.ErrIdentity, text: "no signer"},
		"function engine nil":      {hook: kest.HookConfig{Engine: nilEngine}, want: kest.ErrConfig, text: "engine"},
		"function identity nil":    {hook: kest.HookConfig{Identity: nilIdentity}, want: kest.ErrConfig, text: "identity"},
		"function evaluator nil":   {hook: kest.HookConfig{Evaluator: nilEvaluator}, want: kest.ErrConfig, text: "evaluator"},
		"evaluator out of range":   {hook: kest.HookConfig{Evaluator: badEvaluator}, below: true, want: kest.ErrConfig, text: "101"},
		"input cannot be hashed":   {fail: canon.ErrNumber, want: kest.ErrInput, text: "number"},
		"resource is not UTF-8":    {input: "resource", want: kest.ErrInput, text: "UTF-8"},
		"attributes are no object": {input: "attributes", want: kest.ErrInput, text: "object"},
		"attributes not canonical": {input: "spaces", want: kest.ErrInput, text: "attributes"},
		"resolver fails":           {input: "resolver", want: kest.ErrInput, text: "no tenant"},
		"input left out":           {input: "none", want: kest.ErrConfig, text: "kestgen"},
		"lineage left out":         {input: "no lineage", want: kest.ErrConfig, text: "kestgen"},
	} {
		t.Run(name, func(t *testing.T) {
			config := kest.Config{Engine: mustNotBeAsked(t)}
			if test.identity != nil {
				config.Identity = &failsLater{then: test.identity}
			}
			ctx := t.Context()
			if test.below {
				ctx = nested(ctx)
			}
			ctx = kest.NewContext(ctx, newRuntime(t, config))
			call, err := hook(test.hook).Begin(ctx)
			if err == nil {
				switch test.input {
				case "resource":
					call.SetResource("\xff")
				case "attributes":
					call.SetAttributes([]byte(`[1]`), nil)
				case "spaces":
					call.SetAttributes([]byte(`{ "a":1}`), nil)
				case "resolver":
					call.Fail(errors.New("no tenant"))
				}
				if test.input != "no lineage" {
					call.Inherit()
				}
				if test.input != "none" {
					call.SetInput(append(call.Buffer(), `{}`...), test.fail)
				}
				var inside context.Context
				inside, err = call.Enter()
				if inside != nil {
					t.Error("Enter gave a context beside an error")
				}
				call.End(&err)
			}
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error = %v, want one that matches %v and holds %q", err, test.want, test.text)
			}
		})
	}
}

func TestInputErrorNamesThePath(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	call, err := hook(kest.HookConfig{Operation: "charge"}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.Inherit()
	_, err = canon.AppendFloat64(nil, math.NaN())
	call.SetInput(nil, canon.At(canon.AtIndex(canon.At(err, "Price"), 2), "items"))
	_, err = call.Enter()
	call.End(&err)
	if text := err.Error(); !strings.Contains(text, `"charge"`) || !strings.Contains(text, "items[2].Price") {
		t.Errorf("error %q does not name the operation and the path", text)
	}
}

func TestHugeEntryIsRefused(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	call, err := hook(kest.HookConfig{}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.SetResource(strings.Repeat("x", 100<<10))
	call.Inherit()
	call.SetInput(append(call.Buffer(), `{}`...), nil)
	_, err = call.Enter()
	call.End(&err)
	if !errors.Is(err, kest.ErrInput) || !strings.Contains(err.Error(), "limit") {
		t.Errorf("error = %v, want ErrInput that names the limit", err)
	}
}

func TestNoRuntime(t *testing.T) {
	err := run(t.Context(), hook(kest.HookConfig{}), `{}`, notCalled(t))
	if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "SetDefault") {
		t.Errorf("error = %v, want ErrConfig that names SetDefault", err)
	}
}

// TestDefaultRuntimeCanBeReplaced is not parallel: it is the one test that
// touches the default runtime.
func TestDefaultRuntimeCanBeReplaced(t *testing.T) {
	first := newRuntime(t, kest.Config{Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return false, nil })})
	second := newRuntime(t, kest.Config{})
	if previous := kest.SetDefault(first); previous != nil {
		t.Fatal("there was a default runtime already")
	}
	defer kest.SetDefault(nil)
	h := hook(kest.HookConfig{})
	if err := run(t.Context(), h, `{}`, notCalled(t)); !errors.Is(err, kest.ErrDenied) {
		t.Errorf("error under the first runtime = %v, want a denial", err)
	}
	if previous := kest.SetDefault(second); previous != first {
		t.Error("SetDefault does not return the previous runtime")
	}
	if err := run(t.Context(), h, `{}`, func(context.Context) error { return nil }); err != nil {
		t.Errorf("error under the second runtime = %v", err)
	}
	own := kest.NewContext(t.Context(), first)
	if err := run(own, h, `{}`, notCalled(t)); !errors.Is(err, kest.ErrDenied) {
		t.Errorf("the runtime of the context does not go before the default one: %v", err)
	}
	if err := run(kest.NewContext(t.Context(), nil), h, `{}`, notCalled(t)); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("error with a nil runtime in the context = %v, want ErrConfig: it must not fall back", err)
	}
}

func TestFunctionOverridesGoBeforeTheRuntime(t *testing.T) {
	const other = "spiffe://kest.test/other"
	ctx := testContext(t, kest.Config{Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return false, nil })})
	inside := enter(t, ctx, hook(kest.HookConfig{
		Engine:   func() kest.Engine { return engine(allowAll) },
		Identity: func() kest.Identity { return identity(other) },
	}))
	if got := lastEntry(t, inside).Principal(); got != other {
		t.Errorf("principal = %q, want %q", got, other)
	}
}

// TestConfiguredTiersKeepTheirEngine: a directive cannot answer for the policies
// of the enterprise. Deviations come from configuration, never from code.
func TestConfiguredTiersKeepTheirEngine(t *testing.T) {
	ctx := testContext(t, kest.Config{
		Tiers:  kest.Tiers{Enterprise: []string{"kest/residency"}},
		Engine: engine(func(string, *kest.PolicyInput) (bool, error) { return false, nil }),
	})
	err := run(ctx, hook(kest.HookConfig{Engine: func() kest.Engine { return engine(allowAll) }}), `{}`, notCalled(t))
	denied, ok := errors.AsType[*kest.DeniedError](err)
	if !ok || denied.Policy != "kest/residency" || denied.Tier != kest.TierEnterprise {
		t.Errorf("error = %v, want a denial by kest/residency", err)
	}
}

// TestZeroHook: a Hook that NewHook did not make has no policy to ask.
func TestZeroHook(t *testing.T) {
	if err := run(testContext(t, kest.Config{}), new(kest.Hook), `{}`, notCalled(t)); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("error = %v, want ErrConfig", err)
	}
}

// TestEngineCannotChangeTheRecord: what an engine writes into its input reaches
// neither the entry nor what is handed on.
func TestEngineCannotChangeTheRecord(t *testing.T) {
	ctx, err := kest.WithUser(testContext(t, kest.Config{
		Tiers: kest.Tiers{Enterprise: []string{"kest/first", "kest/second"}},
		Engine: engine(func(policy string, in *kest.PolicyInput) (bool, error) {
			in.TrustScore, in.User = 100, "root"
			for i := range in.Taints {
				in.Taints[i] = "zzz"
			}
			for i := range in.PolicyNames {
				in.PolicyNames[i] = "kest/allow"
			}
			return true, nil
		}),
	}), "alice")
	if err != nil {
		t.Fatal(err)
	}
	first := enter(t, ctx, hook(kest.HookConfig{Source: "internet", AddTaints: []string{"pii"}}))
	second := enter(t, first, hook(kest.HookConfig{Source: "internal"}))
	if entry := lastEntry(t, second); entry.TrustScore != 10 || !slices.Equal(entry.Taints, []string{"pii"}) || kest.User(second) != "alice" {
		t.Errorf("trust %d, taints %q, user %q; want 10, [pii], alice", entry.TrustScore, entry.Taints, kest.User(second))
	}
	if err := verifier(t).Verify(ctx, kest.PassportFromContext(second)); err != nil {
		t.Error(err)
	}
}

// TestNilPointersAreErrors: a typed nil is not seen by a comparison with nil.
func TestNilPointersAreErrors(t *testing.T) {
	var noEngine *pointerEngine
	var noIdentity *failsLater
	if _, err := kest.New(kest.Config{Engine: noEngine, Identity: identity(workload)}); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("New with a nil engine: %v, want ErrConfig", err)
	}
	if _, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: noIdentity}); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("New with a nil identity: %v, want ErrConfig", err)
	}
	if _, err := kest.New(kest.Config{Engine: engine(allowAll), Identity: brokenIdentity{signer: new(kest.Signer)}}); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("New with a zero signer: %v, want ErrConfig", err)
	}
	for name, hc := range map[string]kest.HookConfig{
		"engine":   {Engine: func() kest.Engine { return noEngine }},
		"identity": {Identity: func() kest.Identity { return noIdentity }},
	} {
		if err := run(testContext(t, kest.Config{}), hook(hc), `{}`, notCalled(t)); err == nil {
			t.Errorf("a nil %s of a directive: no error", name)
		}
	}
}

// pointerEngine needs to be made.
type pointerEngine struct{ digest string }

func (e *pointerEngine) PolicyDigest() string { return e.digest }
func (e *pointerEngine) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return e.digest != "", nil
}

// TestDenialIsLogged: NF-OBS-01, and nothing of the arguments.
func TestDenialIsLogged(t *testing.T) {
	var log strings.Builder
	ctx := testContext(t, kest.Config{
		Engine: engine(func(string, *kest.PolicyInput) (bool, error) {
			return false, errors.New("cannot parse secret-argument")
		}),
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	err := run(ctx, hook(kest.HookConfig{Operation: "charge"}), `{"card":"secret-argument"}`, notCalled(t))
	var denied *kest.DeniedError
	if !errors.As(err, &denied) {
		t.Fatal(err)
	}
	for _, want := range []string{"operation=charge", "entry_id=" + denied.EntryID, "policy=kest/allow", "tier=function", "workload_id=" + workload} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "secret-argument") {
		t.Errorf("the log shows an argument:\n%s", log.String())
	}
}

func TestHookConfigIsChecked(t *testing.T) {
	valid := kest.HookConfig{Operation: "charge", Policies: []string{"kest/allow"}}
	for name, test := range map[string]struct {
		change func(*kest.HookConfig)
		text   string
	}{
		"no operation":          {func(c *kest.HookConfig) { c.Operation = "" }, "no operation"},
		"no policy":             {func(c *kest.HookConfig) { c.Policies = nil }, "no policy"},
		"empty policy":          {func(c *kest.HookConfig) { c.Policies = []string{"a", ""} }, "policy 1 has no name"},
		"policy twice":          {func(c *kest.HookConfig) { c.Policies = []string{"a", "a"} }, "twice"},
		"bad classification":    {func(c *kest.HookConfig) { c.Classification = "secret" }, "classification"},
		"empty taint":           {func(c *kest.HookConfig) { c.AddTaints = []string{""} }, "taint is empty"},
		"F-TT-03 plain untaint": {func(c *kest.HookConfig) { c.RemoveTaints = []string{"pii"} }, "sanitizer"},
	} {
		t.Run(name, func(t *testing.T) {
			config := valid
			test.change(&config)
			_, err := kest.NewHook(config)
			if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.text)
			}
		})
	}
	if _, err := kest.NewHook(valid); err != nil {
		t.Error(err)
	}
}
