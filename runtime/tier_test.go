package kest_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/opa"
	"github.com/kestgo/kest/runtime/kesttest"
)

var fourTiers = kest.Tiers{
	Enterprise:  []string{"corp/residency", "corp/audit"},
	Platform:    []string{"plat/quota"},
	Application: []string{"shop/hours", "shop/stock"},
}

// order is how the policies of fourTiers and of a directive have to be asked.
var order = []string{
	"enterprise corp/residency", "enterprise corp/audit", "platform plat/quota",
	"application shop/hours", "application shop/stock", "function fn/a", "function fn/b",
}

// TestTierOrder: F-PE-05..08: every policy is asked by itself, in the order of the
// tiers, and its input says which tier and which policies that is.
func TestTierOrder(t *testing.T) {
	recorder := kesttest.Record(kesttest.Allow())
	ctx := testContext(t, kest.Config{Tiers: fourTiers, Engine: recorder})
	enter(t, ctx, hook(kest.HookConfig{Policies: []string{"fn/a", "fn/b"}}))

	names := map[kest.Tier][]string{
		kest.TierEnterprise: fourTiers.Enterprise, kest.TierPlatform: fourTiers.Platform,
		kest.TierApplication: fourTiers.Application, kest.TierFunction: {"fn/a", "fn/b"},
	}
	if got := asked(recorder); !slices.Equal(got, order) {
		t.Errorf("asked %q, want %q", got, order)
	}
	for _, call := range recorder.Calls() {
		in := call.Input
		if !slices.Equal(in.PolicyNames, names[in.PolicyTier]) || !slices.Contains(in.PolicyNames, call.Policy) {
			t.Errorf("%s: policy_names %q of the tier %q, want %q", call.Policy, in.PolicyNames, in.PolicyTier, names[in.PolicyTier])
		}
		document, err := in.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := `"policy_names":["` + strings.Join(names[in.PolicyTier], `","`) + `"],"policy_tier":"` + string(in.PolicyTier) + `"`; !strings.Contains(string(document), want) {
			t.Errorf("%s: the document %s lacks %s", call.Policy, document, want)
		}
	}
}

// TestFirstDenialEndsIt: nobody is asked after it, in whatever tier it is, and the
// error, the log and the span say which policy of which tier denied what, the
// entry that would have been and who would have signed it.
func TestFirstDenialEndsIt(t *testing.T) {
	for i, denying := range order {
		tier, policy, _ := strings.Cut(denying, " ")
		t.Run(policy, func(t *testing.T) {
			functions := make(map[string]func(*kest.PolicyInput) (bool, error))
			for _, other := range order {
				_, name, _ := strings.Cut(other, " ")
				functions[name] = func(*kest.PolicyInput) (bool, error) { return name != policy, nil }
			}
			recorder := kesttest.Record(kesttest.Policies(functions))
			var log strings.Builder
			ctx, spans := traced(t, kest.Config{Tiers: fourTiers, Engine: recorder, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			err := run(ctx, hook(kest.HookConfig{Operation: "refund", Policies: []string{"fn/a", "fn/b"}}), `{}`, notCalled(t))

			if got, want := asked(recorder), order[:i+1]; !slices.Equal(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}
			denied, ok := errors.AsType[*kest.DeniedError](err)
			if !ok {
				t.Fatalf("error = %v, want *DeniedError", err)
			}
			want := kest.DeniedError{Operation: "refund", Policy: policy, Tier: kest.Tier(tier), EntryID: denied.EntryID, Workload: workload}
			if *denied != want || len(denied.EntryID) != 36 {
				t.Errorf("denial %+v, want %+v", *denied, want)
			}
			span := attributes(spans.Ended()[0])
			for name, text := range map[string]string{
				"tier": tier, "policy": policy, "operation": "refund", "entry_id": denied.EntryID, "workload_id": workload,
			} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("the error lacks the %s: %v", name, err)
				}
				if !strings.Contains(log.String(), " "+name+"="+text+" ") {
					t.Errorf("the log lacks the %s: %s", name, log.String())
				}
				attribute := map[string]string{"tier": "kest.denied_tier", "policy": "kest.denied_by"}[name]
				if attribute == "" {
					attribute = "kest." + name
				}
				if got := span[attribute].AsString(); got != text {
					t.Errorf("%s = %q on the span, want %q", attribute, got, text)
				}
			}
		})
	}
}

// TestDenialNamesItsOwnWorkload: not what an engine wrote into its input.
func TestDenialNamesItsOwnWorkload(t *testing.T) {
	var log strings.Builder
	ctx, spans := traced(t, kest.Config{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Engine: engine(func(_ string, in *kest.PolicyInput) (bool, error) {
			in.Workload, in.Operation = "spiffe://kest.test/mallory", "other"
			return false, nil
		}),
	})
	err := run(ctx, hook(kest.HookConfig{Operation: "refund"}), `{}`, notCalled(t))
	span := attributes(spans.Ended()[0])
	for name, text := range map[string]string{"error": err.Error(), "log": log.String(), "span": span["kest.workload_id"].AsString() + span["kest.operation"].AsString()} {
		if strings.Contains(text, "mallory") || !strings.Contains(text, workload) || !strings.Contains(text, "refund") {
			t.Errorf("the %s says %s", name, text)
		}
	}
}

// TestRecordedPoliciesWereEvaluated: the Python runtime writes the enterprise's
// policies into the entry and asks the engine about the function's only. Here the
// entry names what the engine was asked, neither more nor less.
func TestRecordedPoliciesWereEvaluated(t *testing.T) {
	recorder := kesttest.Record(kesttest.Allow())
	ctx := testContext(t, kest.Config{Tiers: fourTiers, Engine: recorder})
	inside := enter(t, ctx, hook(kest.HookConfig{Policies: []string{"fn/a", "fn/b"}}))
	if got, want := evaluated(lastEntry(t, inside).PolicyContext), asked(recorder); !slices.Equal(got, want) || len(got) != len(order) {
		t.Errorf("the entry names %q, and %q were asked", got, want)
	}

	// Each of them counts: a denial of the enterprise alone is one.
	for _, denying := range order {
		_, policy, _ := strings.Cut(denying, " ")
		ctx := testContext(t, kest.Config{Tiers: fourTiers, Engine: engine(func(asked string, _ *kest.PolicyInput) (bool, error) { return asked != policy, nil })})
		if err := run(ctx, hook(kest.HookConfig{Policies: []string{"fn/a", "fn/b"}}), `{}`, notCalled(t)); !errors.Is(err, kest.ErrDenied) {
			t.Errorf("%s denies: %v", policy, err)
		}
	}
}

// TestNoPolicyIsNoPermission: the Python runtime allows a call that no policy
// is named for. Here there is no hook without one, even if a tier has some, and a
// Hook that NewHook did not make runs nothing.
func TestNoPolicyIsNoPermission(t *testing.T) {
	for name, policies := range map[string][]string{"nil": nil, "empty": {}, "empty name": {""}} {
		if h, err := kest.NewHook(kest.HookConfig{Operation: "refund", Policies: policies}); h != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
	for name, tiers := range map[string]kest.Tiers{"no tier": {}, "tiers": fourTiers} {
		recorder := kesttest.Record(kesttest.Allow())
		ctx := testContext(t, kest.Config{Tiers: tiers, Engine: recorder})
		if err := run(ctx, new(kest.Hook), `{}`, notCalled(t)); !errors.Is(err, kest.ErrConfig) || len(recorder.Calls()) > 0 {
			t.Errorf("%s: %v after %d questions, want ErrConfig", name, err, len(recorder.Calls()))
		}
	}
}

// TestOnlyTrueAllows: the Python runtime takes the text "false" for true, as any
// text that is not empty. Here nothing but the JSON value true runs the function.
func TestOnlyTrueAllows(t *testing.T) {
	for decision, allowed := range map[string]bool{
		`true`: true, `false`: false, `"false"`: false, `"true"`: false, `1`: false, `null`: false, `{}`: false, `[true]`: false,
	} {
		t.Run(decision, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"result":{"allow":` + decision + `}}`))
			}))
			defer server.Close()
			engine, err := opa.New(opa.Config{URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			called := false
			err = run(testContext(t, kest.Config{Engine: engine}), hook(kest.HookConfig{}), `{}`, func(context.Context) error {
				called = true
				return nil
			})
			if called != allowed || (err == nil) != allowed {
				t.Errorf("called %t with error %v", called, err)
			}
			if malformed := errors.Is(err, kest.ErrPolicyMalformed); malformed == (decision == "true" || decision == "false") {
				t.Errorf("error = %v: only what is no decision is malformed", err)
			}
		})
	}
}
