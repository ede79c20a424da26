package kest

import (
	"errors"
	"fmt"
	"slices"
)

// HookConfig is what a directive says, as kestgen writes it into generated
// code.
type HookConfig struct {
	Operation string   // required; the entry's operation
	Policies  []string // required; the function tier, in order
	Source    string   // origin of the data; "" if none was given

	AddTaints    []string
	RemoveTaints []string // needs TrustOverride or ClassSanitizer (F-TT-03)
	// TrustOverride sets the score, clamped to 0–100 (F-TS-05); nil if unset.
	TrustOverride  *int
	Classification string // "" is ClassSystem

	// Identity and Evaluator override those of the runtime. Engine overrides
	// the runtime's for the function tier: the tiers of the configuration are
	// decided by the engine of the configuration, or code could switch them off.
	// They are functions because the variables that a directive names may be
	// set after the package is initialized. Engine and Identity are asked for at
	// each call, Evaluator at the first one of each runtime; one that gives nil
	// is an error, and never the runtime's instead.
	Engine    func() Engine
	Identity  func() Identity
	Evaluator func() TrustEvaluator

	// OmitsInput is set when the directive omits every argument: the entry has
	// no input hash.
	OmitsInput bool
}

// A Hook is the lifecycle around one function. Generated code keeps it in a
// package-level variable. It is immutable and safe for concurrent use; what it
// runs with is found at each call (see Runtime).
//
// A generated wrapper goes through the lifecycle of PROTOCOL §2 like this:
//
//	call, err := hook.Begin(ctx)             // 1 identity and engine, 2 passport
//	if err != nil {
//		return result, err
//	}
//	defer call.End(&err)
//	call.SetResource("orders/" + orderID)    // 3 resolvers
//	call.Inherit()                           // 4 trust, 5 taints
//	call.SetInput(appendInput(call.Buffer(), orderID))  // 6
//	ctx, err = call.Enter()                  // 7 entry, 8 policies, 9 signature, 10 passport
//	if err != nil {
//		return result, err
//	}
//	result, err = function(ctx, orderID)     // 11
//	call.Leave()
//	if call.Recording() {
//		call.SetOutput(appendOutput(call.Buffer(), result))  // 12
//	}
//	return result, err
type Hook struct {
	config HookConfig
}

// NewHook checks a hook's configuration. The error matches ErrConfig.
func NewHook(config HookConfig) (*Hook, error) {
	if config.Classification == "" {
		config.Classification = ClassSystem
	}
	if err := config.check(); err != nil {
		return nil, wrap(ErrConfig, "hook of operation %q: %w", config.Operation, err)
	}
	config.Policies = slices.Clone(config.Policies)
	config.AddTaints = sortedSet(slices.Clone(config.AddTaints))
	config.RemoveTaints = sortedSet(slices.Clone(config.RemoveTaints))
	if config.TrustOverride != nil {
		config.TrustOverride = new(min(max(*config.TrustOverride, minTrust), maxTrust))
	}
	return &Hook{config: config}, nil
}

// MustHook is NewHook for package-level variables; it panics on an error, at
// the start of the program.
func MustHook(config HookConfig) *Hook {
	hook, err := NewHook(config)
	if err != nil {
		panic(err)
	}
	return hook
}

func (c *HookConfig) check() error {
	if c.Operation == "" {
		return errors.New("no operation")
	}
	if len(c.Policies) == 0 {
		return errors.New("no policy: a hook without one would allow everything")
	}
	if err := checkPolicyNames(c.Policies); err != nil {
		return err
	}
	if !knownClassification(c.Classification) {
		return fmt.Errorf("unknown classification %q: there are system, data, critic, snapshot and sanitizer", c.Classification)
	}
	for _, list := range [][]string{c.AddTaints, c.RemoveTaints} {
		if slices.Contains(list, "") {
			return errors.New("a taint is empty")
		}
	}
	if len(c.RemoveTaints) > 0 && c.TrustOverride == nil && c.Classification != ClassSanitizer {
		return fmt.Errorf("removing the taints %q needs a trust override or the classification sanitizer (F-TT-03)", c.RemoveTaints)
	}
	return nil
}
