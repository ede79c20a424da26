package annotations

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parser gathers the directives of one declaration.
type parser struct {
	fset    *token.FileSet
	options Options
	result  *Directive
	given   map[string]token.Position // keys so far
	errs    []*Error
}

func (p *parser) fail(pos token.Pos, code Code, message, hint string) {
	p.failAt(p.fset.PositionFor(pos, false), code, message, hint)
}

func (p *parser) failAt(pos token.Position, code Code, message, hint string) {
	p.errs = append(p.errs, &Error{Pos: pos, Code: code, Message: message, Hint: hint})
}

// skipped notes the key of an argument that cannot be read, so that the
// mistake in it is not followed by "missing policy".
func (p *parser) skipped(text string) {
	if key, _, ok := strings.Cut(text, "="); ok {
		p.given[strings.TrimLeft(key, "\"`")] = token.Position{}
	}
}

func (p *parser) directive(directive ast.Directive) {
	if p.result == nil {
		p.result = &Directive{Pos: p.fset.PositionFor(directive.Slash, false)}
	}
	for _, a := range p.scan(directive) {
		p.argument(a)
	}
}

func (p *parser) argument(a argument) {
	key, value, ok := strings.Cut(a.text, "=")
	known := lookup(key)
	switch {
	case !ok && known != nil:
		p.fail(a.start, CodeNoValue, key+" has no value", "write "+key+"="+known.example)
		p.skipped(key + "=")
		return
	case !ok:
		p.fail(a.start, CodeNoValue, fmt.Sprintf("%q is not key=value", a.text), "write key=value; an argument with spaces is quoted whole, like \"user=batch job\"")
		return
	case known == nil:
		p.unknownKey(a, key)
		return
	}
	if first, ok := p.given[key]; ok {
		hint := "remove one of the two"
		if first.IsValid() {
			hint = fmt.Sprintf("remove one of the two: the first stands at line %d, column %d", first.Line, first.Column)
		}
		p.fail(a.start, CodeDuplicateKey, key+" is given twice", hint)
		return
	}
	p.given[key] = p.fset.PositionFor(a.start, false)
	if strings.TrimSpace(value) == "" {
		p.fail(a.start, CodeEmpty, key+" is empty", "give it a value, like "+key+"="+known.example+", or leave it out")
		return
	}
	if i := strings.IndexFunc(value, unicode.IsControl); i >= 0 || !utf8.ValidString(a.text) {
		p.fail(a.start, CodeText, key+" has a control character or is not UTF-8", "use printable text")
		return
	}
	known.parse(p, a, len(key)+1)
}

func (p *parser) unknownKey(a argument, key string) {
	hint := "the keys are " + strings.Join(keyNames(), ", ")
	if near := Nearest(key, keyNames()); near != "" {
		hint = "did you mean " + near + "?"
	}
	if key == "attr." {
		hint = "name the attribute: attr.amount={amount}"
	}
	p.fail(a.start, CodeUnknownKey, fmt.Sprintf("unknown key %q", key), hint)
	// A misspelt policy is one mistake, not two.
	p.given[Nearest(key, keyNames())] = token.Position{}
}

// finish checks what concerns several keys.
func (p *parser) finish() {
	d := p.result
	if _, ok := p.given["policy"]; !ok {
		p.failAt(d.Pos, CodeMissingPolicy, "no policy: a hook without one would allow everything", "add policy=… with the name of a policy, like policy=kest/allow_trusted")
	}
	_, trust := p.given["trust"]
	_, classification := p.given["classification"]
	badClassification := classification && !d.Classification.Given()
	if len(d.Untaints) > 0 && !trust && !badClassification && d.Classification.Value != "sanitizer" {
		p.failAt(d.Untaints[0].Pos, CodeUntaint, "only a sanitizer may remove taints", "add trust=0…100 or classification=sanitizer, or leave untaints out")
	}
	for _, taint := range d.Taints {
		if slices.ContainsFunc(d.Untaints, func(t Text) bool { return t.Value == taint.Value }) {
			p.failAt(taint.Pos, CodeConflict, fmt.Sprintf("the taint %q is added and removed", taint.Value), "keep it in taints or in untaints")
		}
	}
}

// text is the value that begins at the offset in the argument.
func (p *parser) text(a argument, offset int) Text {
	value := a.text[offset:]
	if value != strings.TrimSpace(value) {
		p.fail(a.at(offset), CodeText, fmt.Sprintf("space around the value %q", value), "remove the space within the quotes")
		value = strings.TrimSpace(value)
	}
	return Text{Value: value, Pos: p.fset.PositionFor(a.at(offset), false)}
}

// list is the comma-separated value, deduplicated in order.
func (p *parser) list(a argument, offset int) []Text {
	var list []Text
	key := a.text[:offset-1]
	for value := range strings.SplitSeq(a.text[offset:], ",") {
		item := Text{Value: strings.TrimSpace(value), Pos: p.fset.PositionFor(a.at(offset), false)}
		offset += len(value) + 1
		switch {
		case item.Value == "":
			p.failAt(item.Pos, CodeEmpty, "empty name in "+key, "remove the comma that has nothing on one side, or add the name")
		case !slices.ContainsFunc(list, func(t Text) bool { return t.Value == item.Value }):
			list = append(list, item)
		}
	}
	return list
}

// identifier is the value as a Go identifier.
func (p *parser) identifier(a argument, offset int, what string) Text {
	t := p.text(a, offset)
	if !token.IsIdentifier(t.Value) || t.Value == "_" {
		p.failAt(t.Pos, CodeIdentifier, fmt.Sprintf("%q cannot be the name of %s", t.Value, what), "use a Go identifier of this package")
		return Text{}
	}
	return t
}

func (p *parser) trust(a argument, offset int) Number {
	t := p.text(a, offset)
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < 0 || n > 100 || t.Value[0] == '+' || t.Value[0] == '-' {
		p.failAt(t.Pos, CodeTrust, fmt.Sprintf("trust %q is not an integer from 0 to 100", t.Value), "write a score like trust=95")
		return Number{}
	}
	return Number{Value: n, Pos: t.Pos}
}
