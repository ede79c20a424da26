package generator

import (
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"
)

// A block collects the statements of one block of a function that appends to a
// buffer. Text that is known is gathered, so that it is appended in one go.
type block struct {
	fn         *function
	statements []jen.Code
	pending    string
	// at wraps an error on its way out, innermost last.
	at []func(err jen.Code) jen.Code
	// last is the call of the last statement, if it can be returned as it is.
	last jen.Code
	// first stands before everything else.
	first jen.Code
}

// A function is the generated function that a block belongs to.
type function struct {
	emitter *emitter
	names   *names // of its variables
	buffer  string
	err     string
	depth   string          // the parameter, "" outside of recursive types
	tries   int             // statements that assign to err
	checked map[string]bool // pointers that are known not to be nil
}

// child begins an inner block. Text must not be pending across its borders.
func (b *block) child() *block {
	b.flush()
	return &block{fn: b.fn, at: b.at}
}

func (b *block) buffer() *jen.Statement { return jen.Id(b.fn.buffer) }

func (b *block) add(statement jen.Code) {
	b.flush()
	b.last = nil
	b.statements = append(b.statements, statement)
}

// text appends what is known.
func (b *block) text(s string) { b.pending += s }

func (b *block) flush() {
	if b.pending == "" {
		return
	}
	text := b.pending
	b.pending = ""
	b.add(b.buffer().Op("=").Add(b.appended(text)))
}

// appended is the call that appends text.
func (b *block) appended(text string) *jen.Statement {
	if len(text) == 1 {
		return jen.Append(b.buffer(), jen.LitRune(rune(text[0])))
	}
	return jen.Append(b.buffer(), jen.Add(literal(text)).Op("..."))
}

// literal prefers the form that needs no escapes.
func literal(text string) jen.Code {
	if strings.ContainsAny(text, "\"\\") && strconv.CanBackquote(text) {
		return jen.Op("`" + text + "`")
	}
	return jen.Lit(text)
}

// append assigns a call that cannot fail.
func (b *block) append(call jen.Code) { b.add(b.buffer().Op("=").Add(call)) }

// try assigns a call that can.
func (b *block) try(call jen.Code) {
	b.flush()
	b.fn.tries++
	b.add(jen.If(
		jen.List(b.buffer(), jen.Id(b.fn.err)).Op("=").Add(call),
		jen.Id(b.fn.err).Op("!=").Nil(),
	).Block(b.fail(jen.Id(b.fn.err))))
	if len(b.at) == 0 {
		b.last = call
	}
}

// fail returns an error, with the path to this place.
func (b *block) fail(err jen.Code) jen.Code {
	for i := len(b.at) - 1; i >= 0; i-- {
		err = b.at[i](err)
	}
	return jen.Return(b.buffer(), err)
}

// part emits a part of a value; its errors say where it was.
func (b *block) part(at func(err jen.Code) jen.Code, e encoding, v value) {
	b.at = append(b.at[:len(b.at):len(b.at)], at)
	e.emit(b, v)
	b.at = b.at[:len(b.at)-1]
}

// field is a path step for part.
func (b *block) field(name string) func(err jen.Code) jen.Code {
	return func(err jen.Code) jen.Code { return b.fn.emitter.canon("At").Call(err, jen.Lit(name)) }
}

// canon is a function of the package canon.
func (b *block) canon(name string) *jen.Statement { return b.fn.emitter.canon(name) }

// body closes the outermost block.
func (b *block) body() []jen.Code {
	switch {
	case b.pending != "":
		text := b.pending
		b.pending = ""
		b.statements = append(b.statements, jen.Return(b.appended(text), jen.Nil()))
	case b.last != nil:
		b.statements[len(b.statements)-1] = jen.Return(b.last)
		b.fn.tries--
	default:
		b.statements = append(b.statements, jen.Return(b.buffer(), jen.Nil()))
	}
	var body []jen.Code
	if b.first != nil {
		body = append(body, b.first)
	}
	if b.fn.tries > 0 {
		body = append(body, jen.Var().Id(b.fn.err).Error())
	}
	return append(body, b.statements...)
}

// inner closes a block within.
func (b *block) inner() []jen.Code {
	b.flush()
	return b.statements
}

// nullOr emits null for a nil value and else what write emits.
func (b *block) nullOr(v value, write func(*block)) {
	if v.notNil {
		write(b)
		return
	}
	isNil := jen.Add(v.code).Op("==").Nil()
	null, other := b.child(), b.child()
	null.text("null")
	write(other)
	b.add(jen.If(isNil).Block(null.inner()...).Else().Block(other.inner()...))
}
