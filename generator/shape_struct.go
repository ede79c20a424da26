package generator

import (
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/runtime/canon"
)

// structEncoding writes the members of a struct, sorted when the code is
// generated.
type structEncoding struct{ members []member }

// A member is a field that encoding/json writes.
type member struct {
	jsonField
	encoding   encoding
	conditions []func(v value) jen.Code // all must hold for it to be there
	get        func(v value) value
}

func structShape(p *encodings, t types.Type, at place) encoding {
	if _, ok := t.Underlying().(*types.Struct); !ok || isTypeParam(t) {
		return nil
	}
	if isProtobuf(t) {
		return p.refuseWith(t, "is a protobuf message, of which encoding/json makes something else than its JSON, and protojson makes text that changes from build to build",
			"wrap it in a type with a MarshalJSON method that you keep stable")
	}
	p.guards.structure(p, t)
	e := &structEncoding{}
	for _, field := range jsonFields(t) {
		if array, ok := field.variable().Type().Underlying().(*types.Array); ok && field.omitEmpty && array.Len() == 0 {
			continue // always empty
		}
		m, ok := p.member(t, field, at)
		if !ok {
			return nil
		}
		e.members = append(e.members, m)
	}
	slices.SortFunc(e.members, func(a, b member) int {
		if canon.Less(a.name, b.name) {
			return -1
		}
		return 1
	})
	return e
}

// isProtobuf says whether a type is a generated message, by the methods that all
// of them have.
func isProtobuf(t types.Type) bool {
	methods := types.NewMethodSet(types.NewPointer(t))
	if methods.Lookup(nil, "ProtoMessage") != nil {
		return true
	}
	method := methods.Lookup(nil, "ProtoReflect")
	if method == nil {
		return false
	}
	signature := method.Obj().(*types.Func).Signature()
	if signature.Params().Len() != 0 || signature.Results().Len() != 1 {
		return false
	}
	message, ok := types.Unalias(signature.Results().At(0).Type()).(*types.Named)
	return ok && message.Obj().Name() == "Message" && message.Obj().Pkg() != nil && message.Obj().Pkg().Name() == "protoreflect"
}

func (p *encodings) member(t types.Type, field jsonField, at place) (member, bool) {
	m := member{jsonField: field}
	step := "." + field.variable().Name()
	p.path = append(p.path, step)
	defer func() { p.path = p.path[:len(p.path)-1] }()

	addressable := at.addressable
	for i, f := range field.chain[:len(field.chain)-1] {
		if _, ok := f.Type().Underlying().(*types.Pointer); !ok {
			continue
		}
		addressable = true
		embedded := p.selector(t, field.chain[:i+1])
		if embedded == nil {
			p.refuse(f.Type(), "is embedded where this package cannot see whether it is nil")
			return m, false
		}
		m.conditions = append(m.conditions, func(v value) jen.Code { return embedded(v).Op("!=").Nil() })
	}
	get := p.selector(t, field.chain)
	if get == nil {
		p.refuse(field.variable().Type(), "is in a field that this package cannot reach")
		return m, false
	}
	typ := field.variable().Type()
	notNil := (field.omitEmpty || field.omitZero) && canBeNil(typ) && !hasIsZero(typ)
	m.get = func(v value) value { return value{code: get(v), notNil: notNil} }

	if field.omitEmpty {
		condition := notEmpty(typ)
		if condition == nil && isTypeParam(typ) {
			p.refuse(typ, "has omitempty, and whether it is empty depends on what it stands for")
			return m, false
		}
		if condition != nil {
			m.conditions = append(m.conditions, func(v value) jen.Code { return condition(get(v)) })
		}
	}
	if field.maybeQuoted {
		p.refuse(typ, "has the string option, and whether that has an effect depends on what it stands for")
		return m, false
	}
	if field.omitZero {
		condition := p.notZero(typ)
		if condition == nil {
			p.refuse(typ, "has omitzero, which cannot be decided without reflection")
			return m, false
		}
		m.conditions = append(m.conditions, func(v value) jen.Code { return condition(m.get(v)) })
	}
	m.encoding = p.of(typ, place{addressable: addressable, quoted: field.quoted})
	return m, m.encoding != nil
}

// selector gives the expression for a field through the embedded ones before it:
// the promoted name where Go means the same field by it, else the whole chain.
// It is nil where this package can write neither.
func (p *encodings) selector(t types.Type, chain []*types.Var) func(v value) *jen.Statement {
	last := chain[len(chain)-1]
	obj, _, _ := types.LookupFieldOrMethod(t, true, p.pkg, last.Name())
	if obj == types.Object(last) {
		return func(v value) *jen.Statement { return v.selected().Dot(last.Name()) }
	}
	for _, f := range chain {
		if !p.accessible(f) {
			return nil
		}
	}
	return func(v value) *jen.Statement {
		code := v.selected()
		for _, f := range chain {
			code = code.Dot(f.Name())
		}
		return code
	}
}

func (e *structEncoding) emit(b *block, v value) {
	if v.pointer == nil {
		v = value{code: jen.Add(v.code)}
	}
	// Members that are always there separate: those before the first such one
	// end with a comma, those after it begin with one.
	always := slices.IndexFunc(e.members, func(m member) bool { return len(m.conditions) == 0 })
	b.text("{")
	for i, m := range e.members {
		name := quotedName(m.name) + ":"
		field := func(b *block, before, after string) {
			b.text(before + name)
			b.part(b.field(m.variable().Name()), m.encoding, m.get(v))
			b.text(after)
		}
		before, after := ",", ""
		if always < 0 || i < always {
			before, after = "", ","
		} else if i == always {
			before = ""
		}
		if len(m.conditions) == 0 {
			field(b, before, after)
			continue
		}
		inner := b.child()
		field(inner, before, after)
		b.add(jen.If(m.condition(v)).Block(inner.inner()...))
	}
	if always >= 0 || len(e.members) == 0 {
		b.text("}")
		return
	}
	last := b.fn.names.pick("last")
	b.add(jen.If(
		jen.Id(last).Op(":=").Len(b.buffer()).Op("-").Lit(1),
		b.buffer().Index(jen.Id(last)).Op("==").LitRune(','),
	).Block(
		b.buffer().Index(jen.Id(last)).Op("=").LitRune('}'),
	).Else().Block(
		b.buffer().Op("=").Append(b.buffer(), jen.LitRune('}')),
	))
	b.fn.names.release(last)
}

func (m *member) condition(v value) jen.Code {
	all := jen.Add(m.conditions[0](v))
	for _, condition := range m.conditions[1:] {
		all = all.Op("&&").Add(condition(v))
	}
	return all
}

// quotedName is the canonical form of a member's name.
func quotedName(name string) string {
	text, err := canon.AppendString(nil, name)
	if err != nil { // not UTF-8: the compiler refuses such a file
		return `""`
	}
	return string(text)
}
