package generator

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/kestgo/kest/annotations"
)

// A decorator is the type that puts hooks around methods of an interface.
type decorator struct {
	name       string // VerifiedX
	next       string // the field with what is decorated
	face       *types.TypeName
	spec       *ast.TypeSpec
	hooks      []*hook
	plain      []*types.Func // methods without a directive, sorted by name
	typeParams typeParams
}

func decoratorName(face string) string { return "Verified" + upperFirst(face) }

// An annotatedInterface is a declaration, with the methods that have directives
// as functions.
type annotatedInterface struct {
	spec    *ast.TypeSpec
	methods []*ast.FuncDecl
}

// annotatedInterfaces gives those interfaces of a declaration that have methods
// with directives.
func annotatedInterfaces(decl *ast.GenDecl) []annotatedInterface {
	var list []annotatedInterface
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		face, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			continue
		}
		var methods []*ast.FuncDecl
		for _, field := range face.Methods.List {
			fn, ok := field.Type.(*ast.FuncType)
			if ok && len(field.Names) == 1 && field.Doc != nil && slices.ContainsFunc(field.Doc.List, func(c *ast.Comment) bool {
				_, ok := annotations.Verified(c)
				return ok
			}) {
				methods = append(methods, &ast.FuncDecl{Doc: field.Doc, Name: field.Names[0], Type: fn})
			}
		}
		if len(methods) > 0 {
			list = append(list, annotatedInterface{spec, methods})
		}
	}
	return list
}

// decorators plans those of a declaration.
func (p *packagePlan) decorators(f *filePlan, decl *ast.GenDecl, effective map[*ast.CommentGroup]bool) {
	for _, face := range annotatedInterfaces(decl) {
		d := p.decorator(face)
		for _, method := range face.methods {
			directive := p.directive(method.Doc, effective)
			if d == nil || directive == nil {
				continue
			}
			if h := p.hook(f, method, directive, d); h != nil {
				d.hooks = append(d.hooks, h)
			}
		}
		if d != nil && len(d.hooks) > 0 {
			f.decorators = append(f.decorators, d)
		}
	}
}

// decorator plans one without its hooks, or reports why there can be none.
func (p *packagePlan) decorator(face annotatedInterface) *decorator {
	pos := position(p.Fset, face.spec.Name.Pos())
	obj, ok := p.TypesInfo.Defs[face.spec.Name].(*types.TypeName)
	if !ok {
		p.report.fail(pos, CodeSignature, "the interface "+face.spec.Name.Name+" does not type-check", "run go build to see why")
		return nil
	}
	underlying := obj.Type().Underlying().(*types.Interface)
	if !underlying.IsMethodSet() {
		p.report.fail(pos, CodeUnsupported, obj.Name()+" is a constraint, which nothing can decorate", "remove the directive")
		return nil
	}
	d := &decorator{name: decoratorName(obj.Name()), next: "next", face: obj, spec: face.spec}
	if named, ok := obj.Type().(*types.Named); ok {
		d.typeParams = typeParamsOf(named.TypeParams())
		p.nameTypeParams(d.typeParams)
	}
	for method := range underlying.Methods() {
		if method.Name() == d.next {
			d.next = "next2"
		}
		if !method.Exported() && method.Pkg() != p.Types {
			p.report.fail(pos, CodeUnsupported, "the interface "+obj.Name()+" has the method "+method.Name()+" of another package, which no decorator can have", "annotate an interface without it")
			return nil
		}
		if !slices.ContainsFunc(face.methods, func(m *ast.FuncDecl) bool { return m.Name.Name == method.Name() }) {
			d.plain = append(d.plain, method)
		}
	}
	return d
}

func (p *packagePlan) reportDecoratorClash(d *decorator, taken map[string]token.Pos) {
	for _, name := range []string{d.name, "New" + d.name} {
		if pos, ok := taken[name]; ok {
			at := position(p.Fset, pos)
			p.report.fail(position(p.Fset, d.spec.Name.Pos()), CodeNameClash,
				name+", the decorator of "+d.face.Name()+", clashes with what is declared at "+relative(p.report.dir, at.Filename)+":"+itoa(at.Line),
				"rename one of the two")
		}
	}
}

// decorator prints the type, its constructor and its methods.
func (e *emitter) decorator(d *decorator) {
	constructor := "New" + d.name
	face := e.instance(d.face.Name(), d.typeParams)
	self := func() jen.Code { return e.instance(d.name, d.typeParams) }
	e.file.Line().Comment(d.name + " is a " + d.face.Name() + " with Kest hooks around its methods: " + constructor + " makes one.")
	e.file.Add(e.generic(jen.Type().Id(d.name), d.typeParams)).Struct(jen.Id(d.next).Add(face))
	e.file.Line().Comment(constructor + " puts the hooks around next. Whoever still has next itself can call it without them.")
	e.file.Add(e.generic(jen.Func().Id(constructor), d.typeParams)).Params(jen.Id("next").Add(face)).Op("*").Add(self()).Block(
		jen.Return(jen.Op("&").Add(self()).Values(jen.Dict{jen.Id(d.next): jen.Id("next")})))
	if !slices.ContainsFunc(d.hooks, func(h *hook) bool { return h.gainsContext || h.gainsError }) {
		e.file.Line().Add(e.ifStale(d.typeParams, face, jen.Parens(jen.Op("*").Add(self())).Parens(jen.Nil())))
	}
	for _, h := range d.hooks {
		e.hook(h)
	}
	for _, method := range d.plain {
		e.passThrough(d, method)
	}
}

// passThrough prints a method that has no hook.
func (e *emitter) passThrough(d *decorator, method *types.Func) {
	signature := method.Signature()
	var params, args, results []jen.Code
	scope := newNames(func(name string) bool { return name == "v" })
	for i := range signature.Params().Len() {
		name := signature.Params().At(i).Name()
		if name == "" || name == "_" {
			name = "arg"
		}
		name = scope.pick(name)
		params = append(params, jen.Id(name).Add(e.param(signature, i)))
		arg := jen.Id(name)
		if signature.Variadic() && i == signature.Params().Len()-1 {
			arg.Op("...")
		}
		args = append(args, arg)
	}
	for result := range signature.Results().Variables() {
		results = append(results, e.typ(result.Type()))
	}
	call := jen.Id("v").Dot(d.next).Dot(method.Name()).Call(args...)
	body := jen.Return(call)
	if len(results) == 0 {
		body = call
	}
	e.file.Line().Comment(method.Name() + " calls " + d.face.Name() + "." + method.Name() + ", which has no directive.")
	fn := e.file.Func().Params(jen.Id("v").Op("*").Add(e.instance(d.name, d.typeParams))).Id(method.Name()).Params(params...)
	switch len(results) {
	case 0:
	case 1:
		fn = fn.Add(results[0])
	default:
		fn = fn.Params(results...)
	}
	fn.Block(body)
}
