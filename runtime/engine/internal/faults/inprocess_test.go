package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/kesttest"
)

// Engines in process have no server that could fail. Their policies read what to
// do out of the attributes, which are the plan, and so is the ledger. In their
// worlds
//
//   - slow is a policy that runs into the time-out (rego), or a context with one
//     (cedar, whose policies always end),
//   - dead is the function's policy not being there any more from the middle on,
//   - wrong type is a policy that gives, or compares, a value of another type,
//   - garbage is a policy with two values at once (rego), an overflow (cedar),
//   - half-closed is a policy that breaks off at a failed function under a not
//     (rego), or a forbid that fails beside a permit that holds (cedar),
//   - reload has the engine behind a wrapper that puts another in its place: the
//     row of runtime/engine/reload does so with its files.

// noting writes into the ledger what the plan says, before it asks the engine.
type noting struct {
	kest.Engine
	world   *world
	version int
	missing string // a policy that the engine does not have
}

func (n *noting) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	word, call, err := wordOf(n.world.fault, n.version, policy, input.ResourceID)
	if err != nil {
		return false, err
	}
	what := meaning(word)
	if word == wordHalf {
		what = noDecision
	}
	if policy == n.missing {
		what = notThere
	}
	n.world.ledger.note(call, policy, what)
	return n.Engine.Evaluate(ctx, policy, input)
}

// inProcess makes a world of an engine that make gives by version and by the
// policies it has.
func inProcess(t *testing.T, f fault, make func(version int, policies []string) (kest.Engine, error)) *world {
	t.Helper()
	w := newWorld(f)
	w.onTimer = true
	noted := func(version int, has []string, missing string) *noting {
		engine, err := make(version, has)
		if err != nil {
			t.Fatal(err)
		}
		return &noting{Engine: engine, world: w, version: version, missing: missing}
	}
	switch f {
	case dead:
		last := policies[len(policies)-1]
		w.told = new(notThere)
		w.become(noted(1, policies[:], ""), noted(1, policies[:len(policies)-1], last))
	case reload:
		w.become(noted(1, policies[:], ""), noted(2, policies[:], ""))
	case halfClosed:
		w.engine, w.told = noted(1, policies[:], ""), new(noDecision)
	default:
		w.engine = noted(1, policies[:], "")
	}
	return w
}

// become has another engine take the place of the first in the middle.
func (w *world) become(first, second *noting) {
	engine := &switching{Engine: first}
	engine.now.Store(first)
	w.engine, w.halfway = engine, func() { engine.now.Store(second) }
}

// switching is an engine in whose place another is put while calls are made.
type switching struct {
	kest.Engine // the first one; its methods are not used
	now         atomic.Pointer[noting]
}

func (s *switching) PolicySnapshot() kest.Engine { return s.now.Load() }

func regoWorld(t *testing.T, f fault) *world {
	return inProcess(t, f, func(version int, policies []string) (kest.Engine, error) {
		modules := map[string]string{}
		for _, policy := range policies {
			modules[policy+".rego"] = regoModule(version, policy)
		}
		return rego.New(modules, rego.WithTimeout(f.timeout()))
	})
}

// regoModule is a policy that does what its word in the attributes says.
func regoModule(version int, policy string) string {
	name := strings.TrimPrefix(policy, "fault/")
	return fmt.Sprintf(`package fault.%[1]s

word := input.object.attributes.v%[2]d.%[1]s

allow if word == "allow"

allow := false if word == "deny"

allow := "true" if word == "wrong"

allow if word == "garbage"

allow := false if word == "garbage"

allow if {
	word == "half"
	not suspicious
}

suspicious if {
	word == "half"
	to_number(input.object.id) > 100
}

allow if {
	word in ["slow", "cancel"]
	some a in numbers.range(1, 2000)
	some b in numbers.range(1, 2000)
	some c in numbers.range(1, 2000)
	a + b + c == 0
}
`, name, version)
}

func cedarWorld(t *testing.T, f fault) *world {
	w := inProcess(t, f, func(version int, policies []string) (kest.Engine, error) {
		var text strings.Builder
		for _, policy := range policies {
			text.WriteString(cedarPolicies(version, policy))
		}
		return cedar.Load(fstest.MapFS{"fault.cedar": {Data: []byte(text.String())}})
	})
	if f == slow || f == canceled {
		w.engine = &endless{w.engine, w, f}
	}
	return w
}

func cedarPolicies(version int, policy string) string {
	return fmt.Sprintf(`
permit(principal, action == Action::"%[1]s", resource) when { %[2]s == "allow" };
permit(principal, action == Action::"%[1]s", resource) when { %[2]s == "slow" || %[2]s == "cancel" };
permit(principal, action == Action::"%[1]s", resource) when { %[2]s == "wrong" && context.trust_score < "100" };
permit(principal, action == Action::"%[1]s", resource) when { %[2]s == "garbage" && 9223372036854775807 + context.trust_score > 0 };
permit(principal, action == Action::"%[1]s", resource) when { %[2]s == "half" };
forbid(principal, action == Action::"%[1]s", resource) when { %[2]s == "half" && context.object.attributes.suspicious };
`, policy, fmt.Sprintf("context.object.attributes.v%d.%s", version, strings.TrimPrefix(policy, "fault/")))
}

// endless holds a call back until its context has ended, before a policy that
// would allow is asked with that context.
type endless struct {
	kest.Engine
	world *world
	fault fault
}

func (e *endless) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	word, _, err := wordOf(e.fault, 1, policy, input.ResourceID)
	if err != nil {
		return false, err
	}
	if word == wordSlow || word == wordCancel {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.fault.timeout())
		defer cancel()
		<-ctx.Done()
	}
	return e.Engine.Evaluate(ctx, policy, input)
}

// funcWorld is a Go function as the engine: what else a user's own may do. It
// keeps the ledger itself. Here dead and half-closed are a function that panics,
// and wrong type is one that gives true and an error.
func funcWorld(t *testing.T, f fault) *world {
	t.Helper()
	w := newWorld(f)
	var version atomic.Int32
	version.Store(1)
	w.engine = kesttest.Func(func(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
		word, call, err := wordOf(f, int(version.Load()), policy, input.ResourceID)
		if err != nil {
			return false, err
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		what := meaning(word)
		if word == wordHalf || f == dead && word == wordDeny {
			what = noDecision
		}
		w.ledger.note(call, policy, what)
		switch {
		case what == noDecision && word != wordWrong && word != wordGarbage:
			panic("the engine is broken")
		case word == wordWrong:
			return true, errors.New("true, and an error")
		case word == wordGarbage:
			return true, &kest.PolicyError{Policy: policy}
		case word == wordCancel:
			w.cancel(call)
		case word == wordSlow:
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, impatience)
			defer cancel()
		}
		if what == nothing {
			<-ctx.Done()
			return true, ctx.Err()
		}
		return what == yes, nil
	})
	switch f {
	case dead, halfClosed:
		w.told = new(noDecision)
	case reload:
		w.halfway = func() { version.Store(2) }
	}
	return w
}
