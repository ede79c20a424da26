package kest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A plan is what all calls of one hook under one runtime have in common, with
// the constant parts of the entry written out already.
type plan struct {
	tiers      []tierPlan
	deviations []Deviation // active for this operation
	policyIDs  string      // all policies to evaluate, comma separated
	spanName   string

	evaluator TrustEvaluator // nil for the default one
	added     []string
	text      entryText
}

// tierPlan is what is evaluated in one tier.
type tierPlan struct {
	tier     Tier
	policies []string
	shown    []string // a copy, for engines
}

// planFor finds or makes the plan of a hook.
func (rt *Runtime) planFor(h *Hook) (*plan, error) {
	if p, ok := rt.plans.Load(h); ok {
		return p.(*plan), nil
	}
	p, err := rt.newPlan(&h.config)
	if err != nil {
		return nil, wrap(ErrConfig, "operation %q: %w", h.config.Operation, err)
	}
	kept, _ := rt.plans.LoadOrStore(h, p)
	return kept.(*plan), nil
}

func (rt *Runtime) newPlan(c *HookConfig) (*plan, error) {
	// Once more: a Hook that NewHook did not make has no policy.
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &plan{
		spanName:  "kest.verified." + c.Operation,
		evaluator: rt.evaluator,
		added:     addedTaints(c.AddTaints, c.RemoveTaints, rt.classTaint[c.Classification]),
	}
	skipped := func(tier Tier, policy string) bool {
		return slices.ContainsFunc(p.deviations, func(d Deviation) bool { return d.Tier == tier && d.Policy == policy })
	}
	for _, d := range rt.deviations {
		if d.scope == anyOperation || d.scope == c.Operation {
			p.deviations = append(p.deviations, d.Deviation)
		}
	}
	var all []string
	for _, tier := range []Tier{TierEnterprise, TierPlatform, TierApplication, TierFunction} {
		policies := c.Policies
		if tier != TierFunction {
			policies = slices.DeleteFunc(slices.Clone(rt.tiers.list(tier)), func(policy string) bool { return skipped(tier, policy) })
		}
		p.tiers = append(p.tiers, tierPlan{tier: tier, policies: policies, shown: slices.Clone(policies)})
		all = append(all, policies...)
	}
	p.policyIDs = strings.Join(all, ",")
	if c.Evaluator != nil {
		evaluator := c.Evaluator()
		if evaluator == nil {
			return nil, fmt.Errorf("the evaluator that its directive names is nil: set the variable at start-up")
		}
		if err := tryEvaluator(evaluator); err != nil {
			return nil, fmt.Errorf("the evaluator that its directive names cannot be used: %w", err)
		}
		p.evaluator = nonDefault(evaluator)
	}
	text, err := p.writeText(c)
	if err != nil {
		return nil, err
	}
	p.text = text
	return p, nil
}

// entryText holds the constant parts of an entry's canonical JSON, in the order
// in which they stand there. Between them go the parts that differ from call to
// call; see Call.appendEntry.
type entryText struct {
	toEntryID   string // {"added_taints":…,"entry_id":"
	toInputHash string // ","environment":{},"input_hash":"
	toLabels    string // ","labels":{
	sourceLabel string // "kest.source_type":…,"principal":
	toTraceID   string // ,"trace_id":"
	toParents   string // "},"metadata":null,…,"parent_ids":[
	toTaints    string // ],"policy_context":…,"taints":
	toTimestamp string // ,"timestamp_ms":
	toTrust     string // ,"trust_score":
}

func (p *plan) writeText(c *HookConfig) (t entryText, err error) {
	part := func(write func(w *textWriter)) string {
		var w textWriter
		write(&w)
		if w.err != nil && err == nil {
			err = w.err
		}
		return string(w.b)
	}
	t.toEntryID = part(func(w *textWriter) {
		w.raw(`{"added_taints":`)
		w.texts(p.added)
		w.raw(`,"classification":`)
		w.text(c.Classification)
		w.raw(`,"content_hash":"","entry_id":"`)
	})
	t.toInputHash = `","environment":{},"input_hash":"`
	t.toLabels = `","labels":{`
	t.sourceLabel = part(func(w *textWriter) {
		w.raw(`"kest.source_type":`)
		w.text(c.Source)
		if p.evaluator != nil {
			w.raw(`,"kest.trust_evaluator":`)
			w.text(p.evaluator.Name())
		}
		if c.TrustOverride != nil {
			w.raw(`,"kest.trust_override":"` + strconv.Itoa(*c.TrustOverride) + `"`)
		}
		w.raw(`,"principal":`)
	})
	t.toTraceID = `,"trace_id":"`
	t.toParents = part(func(w *textWriter) {
		w.raw(`"},"metadata":null,"operation":`)
		w.text(c.Operation)
		w.raw(`,"otel_context":{},"parent_ids":[`)
	})
	t.toTaints = part(func(w *textWriter) {
		w.raw(`],"policy_context":{"app_policies":`)
		w.texts(p.policies(TierApplication))
		w.raw(`,"deviations":`)
		w.deviations(p.deviations)
		w.raw(`,"enterprise_policies":`)
		w.texts(p.policies(TierEnterprise))
		w.raw(`,"function_policies":`)
		w.texts(p.policies(TierFunction))
		w.raw(`,"platform_policies":`)
		w.texts(p.policies(TierPlatform))
		w.raw(`},"removed_taints":`)
		w.texts(c.RemoveTaints)
		w.raw(`,"runtime":{"name":"` + RuntimeName + `","version":"` + Version + `"},"schema_version":"` + SchemaVersion + `","taints":`)
	})
	t.toTimestamp = `,"timestamp_ms":`
	t.toTrust = `,"trust_score":`
	return t, err
}

func (p *plan) policies(tier Tier) []string {
	for _, t := range p.tiers {
		if t.tier == tier {
			return t.policies
		}
	}
	return nil
}
