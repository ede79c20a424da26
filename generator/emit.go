package generator

import (
	"bytes"
	"errors"
	"go/types"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/runtime/canon"
)

// emit prints the outputs of all packages, side by side.
func emit(plans []*packagePlan) ([]File, error) {
	outputs := make([][]File, len(plans))
	errs := make([]error, len(plans))
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, plan := range plans {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			outputs[i], errs[i] = emitPackage(plan)
		})
	}
	group.Wait()
	return slices.Concat(outputs...), errors.Join(errs...)
}

// emitPackage prints the outputs of a package.
func emitPackage(plan *packagePlan) ([]File, error) {
	var files []File
	for _, f := range plan.files {
		if len(f.allHooks()) == 0 {
			continue
		}
		text, err := plan.emit(f)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: f.output(), Content: text, old: plan.sources.outputs[f.output()]})
	}
	return files, nil
}

// emit prints one output. It is made again when an import turns up whose name
// something else in it has, since a variable must not hide an import.
func (p *packagePlan) emit(f *filePlan) ([]byte, error) {
	imports := map[string]string{}
	used := newNames(func(name string) bool { return p.names.taken[name] || p.Types.Scope().Lookup(name) != nil })
	for {
		before := maps.Clone(imports)
		e := newEmitter(p.Types, used, imports)
		e.names, e.typeParamNames = used, p.typeParamNames
		p.emitFile(e, f)
		out, err := e.finish(f)
		if err != nil {
			return nil, internalError("%s: %w", f.output(), err)
		}
		fresh := map[string]bool{}
		for path, name := range imports {
			if _, ok := before[path]; !ok {
				fresh[name] = true
			}
		}
		if !out.hides(fresh) {
			f.encodings.emitter = nil // the plan outlives the syntax, which is large
			return out.print()
		}
	}
}

func (p *packagePlan) emitFile(e *emitter, f *filePlan) {
	f.encodings.emitter = e
	e.file.Comment("Guards: when one of these lines does not compile, the source has changed since: run kestgen.")
	e.file.Const().Id("_").Op("=").Add(e.kest("RunKestgenVersion1"))
	for _, h := range f.allHooks() {
		e.file.Add(e.ifStale(h.typeParams, e.rawType(h), e.rawExpr(h)))
	}
	for _, guard := range f.encodings.guards.sorted() {
		e.file.Add(guard.code(e))
	}
	for _, h := range f.hooks {
		e.hook(h)
	}
	for _, d := range f.decorators {
		e.decorator(d)
	}
	for _, h := range slices.SortedFunc(slices.Values(f.encodings.order), func(a, b *helper) int { return strings.Compare(a.name, b.name) }) {
		e.file.Line().Add(h.declare(e))
	}
}

// rawType is the type of the function, a method's with its receiver first.
func (e *emitter) rawType(h *hook) jen.Code {
	var params []jen.Code
	if h.receiver != nil {
		params = append(params, e.receiver(h))
	}
	for i := range h.params {
		params = append(params, e.param(h.signature, i))
	}
	var results []jen.Code
	for v := range h.signature.Results().Variables() {
		results = append(results, e.typ(v.Type()))
	}
	fn := jen.Func().Params(params...)
	if len(results) == 1 {
		return fn.Add(results[0])
	}
	if len(results) > 1 {
		return fn.Params(results...)
	}
	return fn
}

func (e *emitter) rawExpr(h *hook) jen.Code {
	if h.receiver == nil {
		return e.instance(h.rawName(), h.typeParams)
	}
	if _, ok := h.receiver.typ.(*types.Pointer); !ok {
		return e.receiver(h).Dot(h.rawName())
	}
	return jen.Parens(e.receiver(h)).Dot(h.rawName())
}

// receiver is the type that has the method.
func (e *emitter) receiver(h *hook) *jen.Statement {
	if h.decorator != nil {
		return e.instance(h.decorator.face.Name(), h.typeParams)
	}
	return e.typ(h.receiver.typ)
}

// hook prints everything that belongs to one hook.
func (e *emitter) hook(h *hook) {
	e.file.Line().Var().Id(h.hookName).Op("=").Add(e.hookConfig(h))
	e.file.Line().Add(e.wrapper(h))
	for _, r := range h.resolvers {
		if r.funcName != "" {
			e.file.Line().Add(e.resolverFunc(h, r))
		}
	}
	if h.attrsName != "" {
		e.file.Line().Add(e.attributesFunc(h))
	}
	if h.inputName != "" {
		e.file.Line().Add(e.objectFunc(h, h.inputName, h.input))
	}
	if h.outputName != "" {
		e.file.Line().Add(e.outputFunc(h))
	}
}

// appendFunc begins a function that appends to a buffer, and names its
// parameters so that they hide nothing.
func (e *emitter) appendFunc(vars []*variable) (*block, []jen.Code) {
	fn := &function{emitter: e, checked: map[string]bool{}, names: newNames(func(name string) bool {
		return e.names.has(name) || predeclared(name)
	})}
	var list []jen.Code
	for _, v := range vars {
		v.name = fn.names.keep(variableName(v))
		typ := e.typ(v.typ)
		list = append(list, jen.Id(v.name).Add(typ))
	}
	fn.buffer = fn.names.pick("b")
	fn.err = fn.names.pick("err")
	return &block{fn: fn}, append([]jen.Code{jen.Id(fn.buffer).Index().Byte()}, list...)
}

func (e *emitter) appendSignature(name string, generic typeParams, params []jen.Code) *jen.Statement {
	return e.generic(jen.Func().Id(name), generic).Params(params...).Params(jen.Index().Byte(), jen.Error())
}

// objectFunc writes variables as one object.
func (e *emitter) objectFunc(h *hook, name string, vars []*variable) jen.Code {
	b, params := e.appendFunc(vars)
	e.object(b, vars)
	return e.appendSignature(name, h.typeParams.of(vars), params).Block(b.body()...)
}

func (e *emitter) object(b *block, vars []*variable) {
	b.text("{")
	for i, v := range sortedMembers(vars) {
		if i > 0 {
			b.text(",")
		}
		b.text(quotedName(v.member) + ":")
		b.part(b.field(v.member), v.encoding, variableValue(v.name))
	}
	b.text("}")
}

func sortedMembers(vars []*variable) []*variable {
	return slices.SortedFunc(slices.Values(vars), func(a, b *variable) int {
		if canon.Less(a.member, b.member) {
			return -1
		}
		return 1
	})
}

// outputFunc writes the results: named ones as an object, one alone as it is,
// several as an array.
func (e *emitter) outputFunc(h *hook) jen.Code {
	if h.named {
		return e.objectFunc(h, h.outputName, h.output)
	}
	b, params := e.appendFunc(h.output)
	signature := e.appendSignature(h.outputName, h.typeParams.of(h.output), params)
	if len(h.output) == 1 {
		h.output[0].encoding.emit(b, variableValue(h.output[0].name))
		return signature.Block(b.body()...)
	}
	b.text("[")
	for i, v := range h.output {
		if i > 0 {
			b.text(",")
		}
		at := func(err jen.Code) jen.Code { return b.canon("AtIndex").Call(err, jen.Lit(i)) }
		b.part(at, v.encoding, variableValue(v.name))
	}
	b.text("]")
	return signature.Block(b.body()...)
}

// groupImports puts the standard library first, as goimports does.
func groupImports(text []byte) []byte {
	before, rest, ok := bytes.Cut(text, []byte("import (\n"))
	imports, after, closed := bytes.Cut(rest, []byte("\n)"))
	if !ok || !closed {
		return text
	}
	var standard, others []byte
	for line := range bytes.Lines(append(imports, '\n')) {
		_, path, _ := bytes.Cut(line, []byte{'"'})
		if first, _, _ := bytes.Cut(path, []byte{'/'}); bytes.Contains(first, []byte{'.'}) {
			others = append(others, line...)
		} else {
			standard = append(standard, line...)
		}
	}
	return slices.Concat(before, []byte("import (\n"), standard, []byte("\n"), others, []byte(")"), after)
}
