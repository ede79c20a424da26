package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kestgo/kest/annotations"
	kest "github.com/kestgo/kest/runtime"
)

// print writes the explanation for a person.
func (e *explanation) print(out io.Writer) {
	for i := range e.Hooks {
		if i > 0 {
			fmt.Fprintln(out)
		}
		e.Hooks[i].print(out)
	}
	var operations []string
	for _, h := range e.Hooks {
		operations = append(operations, h.Operation)
	}
	for _, d := range e.UnmatchedDeviations {
		near := ""
		if name := annotations.Nearest(d.Scope, operations); name != "" {
			near = "; did you mean " + name + "?"
		}
		fmt.Fprintf(out, "\n%s: the deviation from %s of the %s tier is for the operation %q, which no directive of these packages has%s\n",
			e.Config, d.Policy, d.Tier, d.Scope, near)
	}
}

func (h *hookPlan) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s → %s, of %s\n", h.place, h.Function, h.Wrapper, h.Package)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "\t%-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("operation", "%s", h.Operation)
	line("policies", "all must allow, asked in this order:")
	for i, p := range h.Policies {
		line("", "%d. %s (%s, %s)", i+1, p.Policy, tierName(p.Tier), p.place)
	}
	for _, d := range h.Deviations {
		scope := "for this operation"
		if d.Scope == anyOperation {
			scope = "for all operations"
		}
		line("deviation", "%s of the %s tier is not asked, %s: %q, approved by %s", d.Policy, d.Tier, scope, d.Reason, d.Approver)
	}
	line("trust", "%s", h.trustText())
	line("classification", "%s", h.Classification)
	if len(h.AddedTaints) > 0 {
		added := strings.Join(h.AddedTaints, ", ")
		if h.classTaint != "" {
			added += fmt.Sprintf(" (%s is that of the classification)", h.classTaint)
		}
		line("adds taints", "%s", added)
	}
	if len(h.RemovedTaints) > 0 {
		line("removes taints", "%s", strings.Join(h.RemovedTaints, ", "))
	}
	for _, r := range []struct{ name, text string }{{"user", h.User}, {"agent", h.Agent}, {"task", h.Task}, {"resource", h.Resource}} {
		if r.text != "" {
			line(r.name, "%s", r.text)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(h.Attributes)) {
		line("attribute", "%s is %s", key, h.Attributes[key])
	}
	line("hashed", "arguments: %s; results: %s", orNone(h.Hashed.Parameters), orNone(h.Hashed.Results))
	if len(h.Omitted) > 0 {
		line("not hashed", "%s (omit=)", strings.Join(h.Omitted, ", "))
	}
	for _, o := range []struct{ name, variable string }{{"engine", h.Engine}, {"identity", h.Identity}, {"evaluator", h.Evaluator}} {
		if o.variable != "" {
			line(o.name, "the variable %s, instead of the runtime's", o.variable)
		}
	}
	if h.GainsContext {
		line("wrapper", "has a context as its first parameter, which the function has not")
	}
	if h.GainsError {
		line("wrapper", "has an error as its last result, which the function has not")
	}
}

func (p place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

func tierName(tier kest.Tier) string {
	if tier == kest.TierFunction {
		return "the directive"
	}
	return string(tier) + " tier"
}

func (h *hookPlan) trustText() string {
	origin := "no origin is given"
	if h.Source != "" {
		origin = "origin " + h.Source
	}
	if h.Trust.Override != nil {
		return fmt.Sprintf("%d always (trust=); %s", *h.Trust.Override, origin)
	}
	below := fmt.Sprintf("%d %% of the weakest parent's", h.Trust.Below)
	if h.Evaluator != "" {
		below = "what the evaluator makes of it"
	}
	return fmt.Sprintf("%s: %d at a root, and below one %s", origin, h.Trust.Root, below)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// inWords says what a template gives: text in quotes, and what it reads.
func inWords(t annotations.Template) string {
	var words []string
	for _, part := range t.Parts {
		switch {
		case part.Func != "":
			words = append(words, "the result of "+part.Func)
		case part.Path != nil:
			words = append(words, "the value of "+strings.Join(part.Path, "."))
		default:
			words = append(words, strconv.Quote(part.Text))
		}
	}
	return strings.Join(words, " + ")
}
