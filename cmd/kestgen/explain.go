package main

import (
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
	"github.com/kestgo/kest/generator"
	kest "github.com/kestgo/kest/runtime"
)

// The JSON form of what kestgen explain has to say. The text is made from it.
type (
	explanation struct {
		Config string     `json:"config,omitempty"` // kest.yaml, if there is one
		Hooks  []hookPlan `json:"hooks"`
		// UnmatchedDeviations are for operations that no hook here has.
		UnmatchedDeviations []deviation `json:"unmatched_deviations,omitempty"`
	}
	// A hookPlan is what one hook does under kest.yaml.
	hookPlan struct {
		place
		Package        string            `json:"package"`
		Function       string            `json:"function"`
		Wrapper        string            `json:"wrapper"`
		Operation      string            `json:"operation"`
		Policies       []policyStep      `json:"policies"` // in the order of evaluation
		Deviations     []deviation       `json:"deviations,omitempty"`
		Source         string            `json:"source,omitempty"`
		Trust          trust             `json:"trust"`
		Classification string            `json:"classification"`
		AddedTaints    []string          `json:"added_taints,omitempty"`
		RemovedTaints  []string          `json:"removed_taints,omitempty"`
		User           string            `json:"user,omitempty"`
		Agent          string            `json:"agent,omitempty"`
		Task           string            `json:"task,omitempty"`
		Resource       string            `json:"resource,omitempty"`
		Attributes     map[string]string `json:"attributes,omitempty"`
		Hashed         hashed            `json:"hashed"`
		Omitted        []string          `json:"omitted,omitempty"`
		Engine         string            `json:"engine,omitempty"`
		Identity       string            `json:"identity,omitempty"`
		Evaluator      string            `json:"evaluator,omitempty"`
		GainsContext   bool              `json:"gains_context,omitempty"`
		GainsError     bool              `json:"gains_error,omitempty"`

		directive  *annotations.Directive
		classTaint string
	}
	place struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	policyStep struct {
		Policy string    `json:"policy"`
		Tier   kest.Tier `json:"tier"`
		place
	}
	deviation struct {
		Scope    string    `json:"scope"`
		Policy   string    `json:"policy"`
		Tier     kest.Tier `json:"tier"`
		Reason   string    `json:"reason"`
		Approver string    `json:"approver"`
	}
	// trust is the score of an entry: the override if there is one, else Root at
	// a root, and Below percent of the weakest parent's below one.
	trust struct {
		Override *int `json:"override,omitempty"`
		Root     int  `json:"root"`
		Below    int  `json:"below"`
	}
	// hashed are parameters and results as name and type, or type alone.
	hashed struct {
		Parameters []string `json:"parameters"`
		Results    []string `json:"results"`
	}
)

// explain prints the plan of each hook.
func (p *printer) explain(project *project) int {
	if len(p.output.Diagnostics) > 0 {
		return p.diagnostics()
	}
	e := project.explain(p.output.Hooks(), p.output)
	if p.json {
		return p.encode(e, fine)
	}
	e.print(p.stdout)
	return fine
}

func (p *project) explain(hooks []generator.Hook, output *generator.Output) explanation {
	e := explanation{Config: p.path, Hooks: []hookPlan{}}
	for _, hook := range hooks {
		e.Hooks = append(e.Hooks, p.plan(hook, output))
	}
	for scope, d := range p.config.Deviations() {
		if scope != anyOperation && !slices.ContainsFunc(hooks, func(h generator.Hook) bool { return h.Operation == scope }) {
			e.UnmatchedDeviations = append(e.UnmatchedDeviations, deviation{scope, d.Policy, d.Tier, d.Reason, d.Approver})
		}
	}
	return e
}

// anyOperation is the scope of a deviation that is for all operations.
const anyOperation = "*"

// plan is what the runtime makes of a hook under this configuration.
func (p *project) plan(hook generator.Hook, output *generator.Output) hookPlan {
	d := hook.Directive
	plan := hookPlan{
		place:          place{hook.Pos.Filename, hook.Pos.Line, hook.Pos.Column},
		Package:        hook.Package,
		Function:       hook.Function,
		Wrapper:        hook.Wrapper,
		Operation:      hook.Operation,
		Source:         d.Source.Value,
		Trust:          p.trust(d),
		Classification: d.Classification.Value,
		RemovedTaints:  texts(d.Untaints),
		User:           inWords(d.User),
		Agent:          inWords(d.Agent),
		Task:           inWords(d.Task),
		Resource:       inWords(d.Resource),
		Omitted:        texts(d.Omit),
		Engine:         d.Engine.Value,
		Identity:       d.Identity.Value,
		Evaluator:      d.Evaluator.Value,
		GainsContext:   hook.GainsContext,
		GainsError:     hook.GainsError,
		directive:      d,
	}
	if plan.Classification == "" {
		plan.Classification = kest.ClassSystem
	}
	plan.AddedTaints = texts(d.Taints)
	if taint := p.config.ClassificationTaint(plan.Classification); taint != "" && !slices.Contains(plan.RemovedTaints, taint) {
		plan.classTaint = taint
		plan.AddedTaints = append(plan.AddedTaints, taint)
	}
	for _, list := range []*[]string{&plan.AddedTaints, &plan.RemovedTaints} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for scope, dev := range p.config.Deviations() {
		if scope == anyOperation || scope == hook.Operation {
			plan.Deviations = append(plan.Deviations, deviation{scope, dev.Policy, dev.Tier, dev.Reason, dev.Approver})
		}
	}
	for _, t := range p.tiers {
		for _, policy := range t.policies {
			if !slices.ContainsFunc(plan.Deviations, func(dev deviation) bool { return dev.Tier == t.name && dev.Policy == policy.name }) {
				plan.Policies = append(plan.Policies, policyStep{policy.name, t.name, place{policy.pos.Filename, policy.pos.Line, policy.pos.Column}})
			}
		}
	}
	for _, policy := range d.Policies {
		pos := output.Place(policy.Pos)
		plan.Policies = append(plan.Policies, policyStep{policy.Value, kest.TierFunction, place{pos.Filename, pos.Line, pos.Column}})
	}
	for _, a := range d.Attributes {
		if plan.Attributes == nil {
			plan.Attributes = map[string]string{}
		}
		plan.Attributes[a.Key.Value] = inWords(a.Value)
	}
	plan.Hashed = hashed{hashedOf(hook.Parameters), hashedOf(hook.Results)}
	return plan
}

// The scores of a hook without a source (PROTOCOL §6).
const (
	unknownOriginTrust = 10
	maxTrust           = 100
)

func (p *project) trust(d *annotations.Directive) trust {
	t := trust{Root: unknownOriginTrust, Below: maxTrust}
	if score, ok := kest.BuiltinOrigins()[d.Source.Value]; ok {
		t.Root, t.Below = score, score
	} else if score, ok := p.config.Origins[d.Source.Value]; ok {
		t.Root, t.Below = score, score
	}
	if d.Trust.Given() {
		t.Override = new(d.Trust.Value)
	}
	return t
}

func hashedOf(values []generator.Value) []string {
	list := []string{}
	for _, v := range values {
		switch {
		case !v.Hashed:
		case strings.HasPrefix(v.Name, "_"): // it has none
			list = append(list, v.Type)
		default:
			list = append(list, v.Name+" "+v.Type)
		}
	}
	return list
}

func texts(list []annotations.Text) []string {
	var values []string
	for _, t := range list {
		values = append(values, t.Value)
	}
	return values
}
