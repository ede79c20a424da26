package generator

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// A hook is the plan of one wrapper.
type hook struct {
	directive *annotations.Directive
	decl      *ast.FuncDecl
	fn        *types.Func
	signature *types.Signature

	wrapper   string
	operation string
	hookName  string // the package-level *kest.Hook
	word      string // begins the names of its functions: ProcessPayment, ServiceCharge

	decorator *decorator // nil unless it is of an interface's method

	typeParams typeParams // of the function, or of its receiver's type
	receiver   *variable  // nil for functions
	params     []*variable
	results    []*variable // without the trailing error
	context    *variable   // one of params unless gained
	err        *variable
	// gainsContext and gainsError: the function has no such parameter or result.
	gainsContext, gainsError bool

	input      []*variable // what is hashed, in canonical order
	inputName  string      // of the function that writes it
	output     []*variable
	outputName string
	named      bool // the results are written as an object

	resolvers  []*resolver
	attributes []*attribute
	attrsName  string
}

// A variable is a parameter or result of the wrapper.
type variable struct {
	source   string // its name in the function, "" or "_" if it has none
	name     string // in the wrapper
	member   string // in the canonical JSON
	typ      types.Type
	variadic bool
	encoding encoding
}

func (h *hook) rawName() string { return h.fn.Name() }

// key makes a name unique in the package.
func (h *hook) key(name string) string {
	if h.receiver == nil {
		return name
	}
	return h.typeName() + "." + name
}

// typeName is the name of the receiver's type.
func (h *hook) typeName() string {
	if h.decorator != nil {
		return h.decorator.face.Name()
	}
	return receiverName(h.decl.Recv.List[0].Type)
}

// hook plans the wrapper of a function, or of the method of an interface that
// gets a decorator, or reports why there can be none.
func (p *packagePlan) hook(f *filePlan, decl *ast.FuncDecl, directive *annotations.Directive, d *decorator) *hook {
	fn, _ := p.TypesInfo.Defs[decl.Name].(*types.Func)
	if fn == nil {
		if p.isStub(p.Types.Scope().Lookup(decl.Name.Name)) {
			return nil // a wrapper has its name, which is reported as a clash
		}
		p.report.fail(position(p.Fset, decl.Name.Pos()), CodeSignature, decl.Name.Name+" does not type-check", "run go build to see why")
		return nil
	}
	h := &hook{directive: directive, decl: decl, fn: fn, signature: fn.Signature(), decorator: d}
	h.wrapper = wrapperName(fn.Name(), directive)
	if d != nil {
		h.wrapper = fn.Name()
	}
	if !p.nameable(h) || p.reportC(f, decl) || p.reportBrokenSignature(decl, h.signature) {
		return nil
	}
	h.variables()
	h.planTypeParams()
	p.nameTypeParams(h.typeParams)
	f.encodings.params = h.typeParams
	h.operation = directive.Operation.Value
	h.word = upperFirst(fn.Name())
	if h.receiver != nil {
		h.word = upperFirst(h.typeName()) + upperFirst(fn.Name())
	}
	if h.operation == "" {
		h.operation = h.key(fn.Name())
	}
	h.hookName = p.names.pick(lowerFirst(h.word) + "Hook")
	p.planValues(f, h)
	p.planResolvers(f, h)
	p.checkVariables(h)
	return h
}

// nameable checks the wrapper's name.
func (p *packagePlan) nameable(h *hook) bool {
	raw := h.fn.Name()
	pos := position(p.Fset, h.decl.Name.Pos())
	switch {
	case h.decorator != nil:
		if h.directive.Name.Given() {
			p.report.fail(h.directive.Name.Pos, CodeNameClash, "the method "+raw+" of the decorator cannot have another name", "remove name=: a decorator has the methods of its interface")
			return false
		}
		return true
	case raw == "main" && h.receiver == nil || raw == "init":
		p.report.fail(pos, CodeUnsupported, raw+" is called by the Go runtime, not through a wrapper", "move what is to be verified into a function of its own")
	case raw == "_" || strings.HasPrefix(raw, "Test") && strings.HasSuffix(pos.Filename, "_test.go") && !h.directive.Name.Given():
		p.report.fail(pos, CodeUnsupported, raw+" cannot be called by a wrapper", "move what is to be verified into a function of its own")
	case h.wrapper == raw && h.directive.Name.Given():
		p.report.fail(h.directive.Name.Pos, CodeNameClash, "the wrapper cannot have the name of the function "+raw+" itself", "choose another name with name=")
	case h.wrapper == "" || h.wrapper == raw && !ast.IsExported(raw):
		p.report.fail(pos, CodeExported, "no name for the wrapper can be made of "+raw, "name it with name=")
	case h.wrapper == raw:
		p.report.fail(pos, CodeExported, raw+" is exported: it can be called around its hook", "rename it to "+lowerFirst(raw)+" so that "+upperFirst(raw)+" is its wrapper, or name the wrapper with name=Verified"+upperFirst(raw))
	default:
		return true
	}
	return false
}

// variables finds names for parameters and results and what the wrapper gains.
func (h *hook) variables() {
	signature := h.signature
	if recv := signature.Recv(); recv != nil {
		h.receiver = &variable{source: recv.Name(), typ: recv.Type()}
	}
	number := 0
	for i := range signature.Params().Len() {
		param := signature.Params().At(i)
		v := &variable{source: param.Name(), typ: param.Type(), variadic: signature.Variadic() && i == signature.Params().Len()-1}
		h.params = append(h.params, v)
		if h.context == nil && isContext(param.Type()) {
			h.context = v
			continue
		}
		v.member = memberName(param.Name(), number)
		number++
	}
	for i := range signature.Results().Len() {
		result := signature.Results().At(i)
		v := &variable{source: result.Name(), typ: result.Type(), member: memberName(result.Name(), i)}
		if i == signature.Results().Len()-1 && isError(result.Type()) {
			h.err = v
			continue
		}
		h.results = append(h.results, v)
		h.named = h.named || result.Name() != ""
	}
	if h.context == nil {
		h.gainsContext = true
		h.context = &variable{source: "ctx"}
	}
	if h.err == nil {
		h.gainsError = true
		h.err = &variable{}
	}
}

func (h *hook) planTypeParams() {
	switch {
	case h.decorator != nil:
		h.typeParams = h.decorator.typeParams
	case h.receiver != nil:
		h.typeParams = typeParamsOf(h.signature.RecvTypeParams())
	default:
		h.typeParams = typeParamsOf(h.signature.TypeParams())
	}
}

// memberName is the name that stands for a parameter or result in JSON.
func memberName(name string, number int) string {
	if name == "" || name == "_" {
		return "_" + strconv.Itoa(number)
	}
	return name
}

func isContext(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "context" && named.Obj().Name() == "Context"
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// planValues finds how arguments and results are hashed.
func (p *packagePlan) planValues(f *filePlan, h *hook) {
	var omitted []string
	var known []string
	for _, v := range slices.Concat(h.params, h.results) {
		if v != h.context {
			known = append(known, v.member)
		}
	}
	for _, name := range h.directive.Omit {
		if !slices.Contains(known, name.Value) {
			p.reportOmit(h, name, known)
		}
		omitted = append(omitted, name.Value)
	}
	pos := position(p.Fset, h.decl.Name.Pos())
	plan := func(v *variable, kind string, place int) {
		var problem *problem
		v.encoding, problem = f.encodings.plan(v.member, v.typ)
		if problem != nil {
			what := kind + " " + v.member
			if problem.path != v.member {
				what += ", at " + problem.path
			}
			if problem.invalid {
				p.report.fail(p.variablePosition(h, kind, place, pos), CodeSignature, what+": the type does not type-check", p.whyInvalid())
				return
			}
			p.report.fail(p.variablePosition(h, kind, place, pos), CodeUnhashable, what+": "+problem.reason+", so it cannot be hashed",
				"leave it out of the hash with omit="+v.member+", or "+cmp.Or(problem.hint, "give its type a MarshalJSON method"))
		}
	}
	for i, v := range h.params {
		if v != h.context && !slices.Contains(omitted, v.member) {
			plan(v, "parameter", i)
			h.input = append(h.input, v)
		}
	}
	for i, v := range h.results {
		if !slices.Contains(omitted, v.member) {
			plan(v, "result", i)
			h.output = append(h.output, v)
		}
	}
	hashesNothing := len(h.input) == 0 && len(known) > len(h.results)
	h.named = h.named || len(h.output) < len(h.results) && len(h.results) > 1
	if !hashesNothing {
		h.inputName = p.names.pick("append" + h.word + "Input")
	}
	if len(h.output) > 0 {
		h.outputName = p.names.pick("append" + h.word + "Output")
	}
}

func (p *packagePlan) reportOmit(h *hook, name annotations.Text, known []string) {
	hint := "the function has neither parameters nor results to leave out"
	if len(known) > 0 {
		hint = "there are " + strings.Join(known, ", ")
	}
	if near := annotations.Nearest(name.Value, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	p.report.fail(name.Pos, CodeOmit, "omit names "+name.Value+", which is no parameter or result of "+h.rawName(), hint)
}
