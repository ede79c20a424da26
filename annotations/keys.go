package annotations

import (
	"fmt"
	"slices"
	"strings"
)

// A key is one that a directive may have.
type key struct {
	name    string
	example string
	parse   func(p *parser, a argument, offset int)
}

// attrPrefix begins the keys of attributes: attr.<key>.
const attrPrefix = "attr."

// keys are all but attr.<key>, in the order of the documentation.
var keys = []key{
	{"policy", "kest/allow_trusted", func(p *parser, a argument, o int) { p.result.Policies = p.list(a, o) }},
	{"source", "internal", func(p *parser, a argument, o int) { p.result.Source = p.source(a, o) }},
	{"taints", "pii", func(p *parser, a argument, o int) { p.result.Taints = p.list(a, o) }},
	{"untaints", "pii", func(p *parser, a argument, o int) { p.result.Untaints = p.list(a, o) }},
	{"trust", "95", func(p *parser, a argument, o int) { p.result.Trust = p.trust(a, o) }},
	{"classification", "sanitizer", func(p *parser, a argument, o int) { p.result.Classification = p.classification(a, o) }},
	{"operation", "payments.charge", func(p *parser, a argument, o int) { p.result.Operation = p.text(a, o) }},
	{"name", "VerifiedCharge", func(p *parser, a argument, o int) { p.result.Name = p.identifier(a, o, "a wrapper") }},
	{"user", "{customerID}", func(p *parser, a argument, o int) { p.result.User = p.template(a, o) }},
	{"agent", "{agentID}", func(p *parser, a argument, o int) { p.result.Agent = p.template(a, o) }},
	{"task", "{taskID}", func(p *parser, a argument, o int) { p.result.Task = p.template(a, o) }},
	{"resource", "orders/{orderID}", func(p *parser, a argument, o int) { p.result.Resource = p.template(a, o) }},
	{"engine", "auditEngine", func(p *parser, a argument, o int) { p.result.Engine = p.identifier(a, o, "a variable") }},
	{"identity", "batchIdentity", func(p *parser, a argument, o int) { p.result.Identity = p.identifier(a, o, "a variable") }},
	{"evaluator", "weighted", func(p *parser, a argument, o int) { p.result.Evaluator = p.identifier(a, o, "a variable") }},
	{"omit", "password", func(p *parser, a argument, o int) { p.result.Omit = p.list(a, o) }},
}

var attribute = key{"attr.<key>", "{amount}", func(p *parser, a argument, o int) {
	name := Text{Value: a.text[len(attrPrefix) : o-1], Pos: p.fset.PositionFor(a.at(len(attrPrefix)), false)}
	p.result.Attributes = append(p.result.Attributes, Attribute{Key: name, Value: p.template(a, o)})
}}

// lookup returns nil for an unknown key. keys refers to the parser, hence not a
// map that is built at start-up.
func lookup(name string) *key {
	if strings.HasPrefix(name, attrPrefix) && len(name) > len(attrPrefix) {
		return &attribute
	}
	if i := slices.IndexFunc(keys, func(k key) bool { return k.name == name }); i >= 0 {
		return &keys[i]
	}
	return nil
}

func keyNames() []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return append(names, attribute.name)
}

// BuiltinOrigins are the origins of data that every project has (PROTOCOL §6).
var BuiltinOrigins = []string{"system", "internal", "verified_rag", "third_party_api", "user_input", "internet", "llm"}

func (p *parser) source(a argument, offset int) Text {
	t := p.text(a, offset)
	known := slices.Concat(BuiltinOrigins, p.options.Origins)
	if slices.Contains(known, t.Value) {
		return t
	}
	hint := "known are " + strings.Join(known, ", ") + "; register others under origins in kest.yaml"
	if near := Nearest(t.Value, known); near != "" {
		hint = "did you mean " + near + "? Others are registered under origins in kest.yaml"
	}
	p.failAt(t.Pos, CodeUnknownSource, fmt.Sprintf("unknown source %q", t.Value), hint)
	return Text{}
}

// Classifications are the classes of an entry (PROTOCOL §3).
var Classifications = []string{"system", "data", "critic", "snapshot", "sanitizer"}

func (p *parser) classification(a argument, offset int) Text {
	t := p.text(a, offset)
	if slices.Contains(Classifications, t.Value) {
		return t
	}
	hint := "use one of " + strings.Join(Classifications, ", ")
	if near := Nearest(t.Value, Classifications); near != "" {
		hint = "did you mean " + near + "?"
	}
	p.failAt(t.Pos, CodeClassification, fmt.Sprintf("unknown classification %q", t.Value), hint)
	return Text{}
}
