package generator

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/runtime/canon"
)

func (h *hook) attributeParts() []*part {
	var parts []*part
	for _, a := range h.attributes {
		parts = append(parts, a.template...)
	}
	return parts
}

// resolve gives the call what a template resolves to.
func (e *emitter) resolve(h *hook, r *resolver, on func(string, ...jen.Code) *jen.Statement) jen.Code {
	if r.funcName == "" {
		return on(r.set, e.concatenated(r.template, nil))
	}
	var args []jen.Code
	for _, v := range h.uses(r.template) {
		args = append(args, jen.Id(v.name))
	}
	return jen.If(
		jen.List(jen.Id("text"), jen.Id("err")).Op(":=").Add(e.instance(r.funcName, h.genericIn(r.template))).Call(args...),
		jen.Id("err").Op("!=").Nil(),
	).Block(on("Fail", jen.Id("err"))).Else().Block(on(r.set, jen.Id("text")))
}

// concatenated is the text of a template. ready has the names of the variables
// that hold parts already.
func (e *emitter) concatenated(parts []*part, ready map[*part]jen.Code) jen.Code {
	var sum *jen.Statement
	for _, q := range parts {
		var text jen.Code
		switch {
		case q.Text != "":
			text = jen.Lit(q.Text)
		case ready[q] != nil:
			text = ready[q]
		default:
			text = q.format.text(e, q.expr(e))
		}
		if sum == nil {
			sum = jen.Add(text)
		} else {
			sum = sum.Op("+").Add(text)
		}
	}
	return sum
}

// resolverFunc prints the function that resolves a template which can fail.
func (e *emitter) resolverFunc(h *hook, r *resolver) jen.Code {
	b, params := e.appendFunc(h.uses(r.template))
	fail := func(err jen.Code) jen.Code { return jen.Return(jen.Lit(""), err) }
	text := e.prepared(b, r.template, r.key, fail)
	b.add(jen.Return(text, jen.Nil()))
	return e.generic(jen.Func().Id(r.funcName), h.genericIn(r.template)).Params(params[1:]...).Params(jen.String(), jen.Error()).Block(b.statements...)
}

// prepared emits what has to be done before a template can be put together: nil
// checks, and calls that can fail.
func (e *emitter) prepared(b *block, parts []*part, key string, fail func(err jen.Code) jen.Code) jen.Code {
	ready := map[*part]jen.Code{}
	for _, q := range parts {
		if q.Text != "" {
			continue
		}
		v := e.preparedValue(b, q, key, fail)
		if q.format.pointer {
			b.add(jen.If(jen.Add(v).Op("==").Nil()).Block(fail(e.nilError(key, q.Expr()))))
		}
		if q.format.fails {
			name := b.fn.names.pick("text")
			b.add(jen.List(jen.Id(name), jen.Id(b.fn.err)).Op(":=").Add(q.format.text(e, v)))
			b.add(jen.If(jen.Id(b.fn.err).Op("!=").Nil()).Block(fail(jen.Id(b.fn.err))))
			ready[q] = jen.String().Call(jen.Id(name))
			continue
		}
		ready[q] = q.format.text(e, v)
	}
	return e.concatenated(parts, ready)
}

// preparedValue emits the checks of one part and gives its value.
func (e *emitter) preparedValue(b *block, q *part, key string, fail func(err jen.Code) jen.Code) jen.Code {
	if q.fails {
		name := b.fn.names.pick(lowerFirst(q.Func) + "Value")
		b.add(jen.List(jen.Id(name), jen.Id(b.fn.err)).Op(":=").Add(q.call(e)))
		b.add(jen.If(jen.Id(b.fn.err).Op("!=").Nil()).Block(fail(jen.Id(b.fn.err))))
		return jen.Id(name)
	}
	for _, path := range q.checks {
		pointer := jen.Id(q.root.name)
		for _, name := range path {
			pointer.Dot(name)
		}
		id := strings.Join(append([]string{q.root.name}, path...), ".")
		if b.fn.checked[id] {
			continue
		}
		b.fn.checked[id] = true
		name := strings.Join(append([]string{q.Path[0]}, path...), ".")
		b.add(jen.If(pointer.Op("==").Nil()).Block(fail(e.nilError(key, name))))
	}
	return q.expr(e)
}

func (e *emitter) nilError(key, name string) jen.Code {
	return e.qual("errors", "errors", "New").Call(jen.Lit(key + ": " + strings.Trim(name, "{}") + " is nil"))
}

// attributesFunc prints the function that writes the attributes as one object.
func (e *emitter) attributesFunc(h *hook) jen.Code {
	b, params := e.appendFunc(h.uses(h.attributeParts()))
	sorted := slices.SortedFunc(slices.Values(h.attributes), func(x, y *attribute) int {
		if canon.Less(x.key, y.key) {
			return -1
		}
		return 1
	})
	b.text("{")
	for i, a := range sorted {
		if i > 0 {
			b.text(",")
		}
		b.text(quotedName(a.key) + ":")
		fail := func(err jen.Code) jen.Code { return b.fail(err) }
		if a.encoding != nil {
			v := e.preparedValue(b, a.template[0], "attr."+a.key, fail)
			if a.template[0].Func != "" && !a.template[0].fails {
				name := b.fn.names.pick(lowerFirst(a.template[0].Func) + "Value")
				b.add(jen.Id(name).Op(":=").Add(v))
				v = jen.Id(name)
			}
			b.part(b.field(a.key), a.encoding, value{code: v})
			continue
		}
		text := e.prepared(b, a.template, "attr."+a.key, fail)
		at := b.field(a.key)
		b.at = append(b.at, at)
		b.try(b.canon("AppendString").Call(b.buffer(), text))
		b.at = b.at[:len(b.at)-1]
	}
	b.text("}")
	return e.appendSignature(h.attrsName, h.genericIn(h.attributeParts()), params).Block(b.body()...)
}
