package annotations

import (
	"go/token"
	"strings"
)

// A Template is text with resolvers in braces: "orders/{orderID}". A brace that
// is meant as text is doubled.
type Template struct {
	Pos   token.Position
	Parts []Part
}

// Given says whether the value stands in the directive.
func (t Template) Given() bool { return t.Pos.IsValid() }

// A Part is one piece of a template: exactly one of Text, Path and Func is set.
type Part struct {
	Pos  token.Position
	Text string   // literal text
	Path []string // a parameter or "recv", then fields: {req.Customer.ID}
	Func string   // a function of the package: {fn:tenantOf}
}

// Expr gives the part as it stands in the directive, for messages.
func (p Part) Expr() string {
	switch {
	case p.Func != "":
		return "{fn:" + p.Func + "}"
	case p.Path != nil:
		return "{" + strings.Join(p.Path, ".") + "}"
	}
	return p.Text
}

// template parses the value that begins at the offset in the argument.
func (p *parser) template(a argument, offset int) Template {
	result := Template{Pos: p.fset.PositionFor(a.at(offset), false)}
	var text strings.Builder
	textStart := offset
	flush := func() {
		if text.Len() > 0 {
			result.Parts = append(result.Parts, Part{Pos: p.fset.PositionFor(a.at(textStart), false), Text: text.String()})
			text.Reset()
		}
	}
	const doubled = "write {{ or }} for a brace that is text"
	for i := offset; i < len(a.text); {
		c := a.text[i]
		switch {
		case (c == '{' || c == '}') && strings.HasPrefix(a.text[i+1:], string(c)):
			text.WriteByte(c)
			i += 2
		case c == '}':
			p.fail(a.at(i), CodeTemplate, "} without an opening {", doubled)
			return result
		case c == '{':
			end := strings.IndexByte(a.text[i:], '}')
			if end < 0 {
				p.fail(a.at(i), CodeTemplate, "{ is not closed", "close it with }, or "+doubled)
				return result
			}
			flush()
			if part, ok := p.resolver(a.text[i+1:i+end], a.at(i)); ok {
				result.Parts = append(result.Parts, part)
			}
			i += end + 1
			textStart = i
		default:
			text.WriteByte(c)
			i++
		}
	}
	flush()
	return result
}

// resolver parses what stands between braces.
func (p *parser) resolver(expr string, pos token.Pos) (Part, bool) {
	part := Part{Pos: p.fset.PositionFor(pos, false)}
	if name, ok := strings.CutPrefix(expr, "fn:"); ok {
		if !token.IsIdentifier(name) {
			p.fail(pos, CodeTemplate, "{"+expr+"} does not name a function", "write {fn:name} with the name of a function of this package")
			return part, false
		}
		part.Func = name
		return part, true
	}
	part.Path = strings.Split(expr, ".")
	for _, name := range part.Path {
		if !token.IsIdentifier(name) || name == "_" {
			p.fail(pos, CodeTemplate, "{"+expr+"} is not a parameter or a field path",
				"write {parameter}, {parameter.Field}, {recv.Field} or {fn:function}")
			return part, false
		}
	}
	return part, true
}
