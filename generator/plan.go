package generator

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// packagePlan is everything that is written for one package.
type packagePlan struct {
	*loaded
	names *names // package level, those of the outputs included
	// typeParamNames are the names of type parameters in the outputs, and
	// keptTypeParams those that are as in the source.
	typeParamNames map[*types.TypeParam]string
	keptTypeParams map[string]bool
	files          []*filePlan
	report         *report

	origins []string
}

// A filePlan is one output.
type filePlan struct {
	*loadedFile
	hooks      []*hook
	decorators []*decorator
	encodings  *encodings
}

// allHooks are those of functions and of decorators.
func (f *filePlan) allHooks() []*hook {
	all := slices.Clone(f.hooks)
	for _, d := range f.decorators {
		all = append(all, d.hooks...)
	}
	return all
}

// planPackage plans the hooks of all annotated files of a package and reports
// what is wrong with them.
func planPackage(pkg *loaded, options Options, report *report) *packagePlan {
	plan := &packagePlan{
		loaded: pkg, report: report, origins: options.Origins,
		typeParamNames: map[*types.TypeParam]string{}, keptTypeParams: map[string]bool{},
	}
	plan.names = newNames(plan.declared)
	for _, file := range pkg.files {
		if plan.reportSyntax(file) {
			continue
		}
		f := &filePlan{loadedFile: file, encodings: &encodings{
			pkg:     pkg.Types,
			names:   plan.names,
			prefix:  "append" + camel(file.stem()),
			helpers: map[helperKey]*helper{},
			guards:  &guards{seen: map[string]bool{}},
		}}
		effective := map[*ast.CommentGroup]bool{}
		for _, decl := range file.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if directive := plan.directive(decl.Doc, effective); directive != nil {
					if !oneReceiver(decl) {
						report.fail(position(pkg.Fset, decl.Name.Pos()), CodeSignature, "the method "+decl.Name.Name+" does not have one receiver", "correct its receiver")
						continue
					}
					if h := plan.hook(f, decl, directive, nil); h != nil {
						f.hooks = append(f.hooks, h)
					}
				}
			case *ast.GenDecl:
				plan.decorators(f, decl, effective)
			}
		}
		plan.reportMisplaced(file, effective)
		if !file.done {
			plan.files = append(plan.files, f)
		}
	}
	plan.reportClashes()
	plan.reportHidden()
	plan.reportForeignOutputs()
	return plan
}

// predeclaredInOutput are the predeclared names that outputs use. In a package
// where new is a function of somebody's, new(5) need not be a 5.
var predeclaredInOutput = []string{
	"any", "append", "bool", "byte", "error", "false", "float32", "float64", "int", "int64", "len", "new", "nil", "string", "true", "uint64",
}

// reportHidden reports declarations and dot imports that hide one of these.
func (p *packagePlan) reportHidden() {
	for _, f := range p.files {
		if len(f.hooks) == 0 {
			continue
		}
		for _, name := range predeclaredInOutput {
			for _, scope := range []*types.Scope{p.Types.Scope(), p.TypesInfo.Scopes[f.syntax]} {
				if scope == nil {
					continue
				}
				if obj := scope.Lookup(name); obj != nil {
					p.report.fail(position(p.Fset, f.hooks[0].decl.Name.Pos()), CodeNameClash, "this file sees another "+name+" than the predeclared one, which generated code needs", "give what is called "+name+" another name")
				}
			}
		}
	}
}

// reportForeignOutputs reports files that stand where an output is to be and were
// written by somebody else.
func (p *packagePlan) reportForeignOutputs() {
	for _, f := range p.files {
		if _, ours := p.sources.outputs[f.output()]; ours || len(f.allHooks()) == 0 {
			continue
		}
		if _, err := os.Lstat(f.output()); err == nil {
			p.report.fail(token.Position{Filename: f.output(), Line: 1, Column: 1}, CodeOutputExists,
				"the wrappers of "+relative(p.report.dir, f.path)+" belong here, and this file was not written by kestgen",
				"rename one of the two files")
		}
	}
}

// directive reads a doc comment that may have one.
func (p *packagePlan) directive(doc *ast.CommentGroup, effective map[*ast.CommentGroup]bool) *annotations.Directive {
	if doc == nil {
		return nil
	}
	effective[doc] = true
	directive, errs := annotations.Parse(p.Fset, doc, annotations.Options{Origins: p.origins})
	p.report.add(errs...)
	return directive
}

// stem is the base name of the source without what its place and kind add.
func (s *source) stem() string {
	name := s.path[strings.LastIndexAny(s.path, `/\`)+1:]
	return strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_test")
}

// declared says whether the package has the name already, as its own or as an
// import of one of its files.
func (p *packagePlan) declared(name string) bool {
	if p.Types.Scope().Lookup(name) != nil {
		return true
	}
	return slices.ContainsFunc(p.Syntax, func(file *ast.File) bool {
		scope := p.TypesInfo.Scopes[file]
		return scope != nil && scope.Lookup(name) != nil
	})
}

// reportSyntax reports what the parser found in an annotated file. Nothing else
// is reported for such a file.
func (p *packagePlan) reportSyntax(file *loadedFile) bool {
	if file.err == nil {
		return false
	}
	for _, err := range parseErrors(file.err) {
		p.report.fail(err.Pos, CodeSyntax, err.Msg, "fix the syntax; directives of this file are not read before")
	}
	return true
}

// reportBrokenSignature reports the type errors within a signature, and says
// whether there is anything wrong with it.
func (p *packagePlan) reportBrokenSignature(fn *ast.FuncDecl, signature *types.Signature) bool {
	if !hasInvalid(signature) {
		return false
	}
	found := false
	for _, err := range p.TypeErrors {
		from := fn.Type.Pos()
		if fn.Recv != nil {
			from = min(from, fn.Recv.Pos())
		}
		if from <= err.Pos && err.Pos < fn.Type.End() {
			p.report.fail(position(p.Fset, err.Pos), CodeSignature, err.Msg, "fix the signature: the wrapper of "+fn.Name.Name+" has the same types")
			found = true
		}
	}
	if !found {
		p.report.fail(position(p.Fset, fn.Name.Pos()), CodeSignature, "the signature of "+fn.Name.Name+" does not type-check", "run go build to see why")
	}
	return true
}

// whyInvalid is the hint where a type does not type-check.
func (p *packagePlan) whyInvalid() string {
	if lacksCgo(p.Package) {
		return "install a C compiler, or name one with CC: without it the types of C are unknown"
	}
	return "run go build to see why"
}

// hasInvalid says whether a signature mentions a type that does not type-check.
func hasInvalid(signature *types.Signature) bool {
	invalid := false
	visit := func(t types.Type) {
		invalid = invalid || mentionsInvalid(t)
	}
	if recv := signature.Recv(); recv != nil {
		visit(recv.Type())
	}
	visit(signature.Params())
	visit(signature.Results())
	for _, list := range []*types.TypeParamList{signature.TypeParams(), signature.RecvTypeParams()} {
		for param := range list.TypeParams() {
			visit(param.Constraint())
		}
	}
	return invalid
}

func mentionsInvalid(t types.Type) bool {
	invalid := false
	walkType(t, func(t types.Type) { invalid = invalid || t == types.Typ[types.Invalid] })
	return invalid
}

// reportClashes reports wrappers whose names are taken. The stubs of the overlay
// are declarations too: they stand behind the end of the source.
func (p *packagePlan) reportClashes() {
	taken := map[string]token.Pos{} // name, or Type.Method
	for _, file := range p.Syntax {
		path := position(p.Fset, file.FileStart).Filename
		end := file.FileEnd
		if i := slices.IndexFunc(p.files, func(f *filePlan) bool { return f.path == path }); i >= 0 {
			end = p.files[i].end(p.Fset)
		}
		for _, decl := range file.Decls {
			for name, pos := range declaredBy(decl) {
				if pos < end {
					taken[name] = pos
				}
			}
		}
	}
	wrappers := map[string]*hook{}
	for _, f := range p.files {
		for _, d := range f.decorators {
			p.reportDecoratorClash(d, taken)
		}
		for _, h := range f.hooks {
			key := h.key(h.wrapper)
			where := h.directive.Name.Pos
			if !where.IsValid() {
				where = position(p.Fset, h.decl.Name.Pos())
			}
			hint := "choose another name with name="
			if pos, ok := taken[key]; ok {
				at := position(p.Fset, pos)
				p.report.fail(where, CodeNameClash, "the wrapper "+h.wrapper+" of "+h.rawName()+" clashes with what is declared at "+relative(p.report.dir, at.Filename)+":"+itoa(at.Line), hint)
			} else if other := wrappers[key]; other != nil {
				p.report.fail(where, CodeNameClash, "the wrapper "+h.wrapper+" of "+h.rawName()+" clashes with that of "+other.rawName(), hint)
			} else if h.receiver != nil && hasField(h.receiver.typ, h.wrapper) {
				p.report.fail(where, CodeNameClash, "the wrapper "+h.wrapper+" of "+h.rawName()+" clashes with the field of that name", hint)
			}
			wrappers[key] = h
		}
	}
}

func hasField(t types.Type, name string) bool {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	structure, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range structure.Fields() {
		if f.Name() == name {
			return true
		}
	}
	return false
}

// end is where the source ends and the stubs begin.
func (f *loadedFile) end(fset *token.FileSet) token.Pos {
	lines := 1
	for _, c := range f.text {
		if c == '\n' {
			lines++
		}
	}
	file := fset.File(f.syntax.FileStart)
	if lines >= file.LineCount() {
		return f.syntax.FileEnd
	}
	return file.LineStart(lines + 1)
}

// isStub says whether an object was declared by a stub.
func (p *packagePlan) isStub(obj types.Object) bool {
	if obj == nil {
		return false
	}
	name := position(p.Fset, obj.Pos()).Filename
	i := slices.IndexFunc(p.loaded.files, func(f *loadedFile) bool { return f.path == name })
	return i >= 0 && obj.Pos() >= p.loaded.files[i].end(p.Fset)
}

// declaredBy gives the names that a declaration declares.
func declaredBy(decl ast.Decl) map[string]token.Pos {
	declared := map[string]token.Pos{}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		name := decl.Name.Name
		if decl.Recv != nil && len(decl.Recv.List) > 0 {
			name = receiverName(decl.Recv.List[0].Type) + "." + name
		}
		declared[name] = decl.Name.Pos()
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				declared[spec.Name.Name] = spec.Name.Pos()
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					declared[name.Name] = name.Pos()
				}
			}
		}
	}
	return declared
}

// receiverName is the name of a receiver's type.
func receiverName(expr ast.Expr) string {
	for {
		switch e := expr.(type) {
		case *ast.ParenExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
