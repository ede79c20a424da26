package hookvet

import (
	"go/ast"
	"go/types"
)

// use checks an identifier that names an annotated function. Whatever way a
// function is used by name, it is an identifier that the type checker resolves
// to it: through packages, dot imports, embedded fields, instances of generics.
func (v *vetting) use(id *ast.Ident, stack []ast.Node) {
	obj := v.TypesInfo.Uses[id]
	v.insides(id, obj, stack)
	f := v.lookup(obj)
	if f == nil || f.Decorator != "" {
		return // which implementation an interface holds is seen where it is converted
	}
	fn := obj.(*types.Func)
	inOutput := v.isOutput(stack[0].(*ast.File), fn)
	if inOutput && (v.isGuard(id, stack) || v.isWrapperCall(f, id, stack)) {
		return
	}
	name := v.name(fn, f)
	what := v.describe(id, stack, name) + ", which goes around its Kest hook: "
	if recursive(fn, stack, v.TypesInfo) {
		what = "the recursive " + v.describe(id, stack, name) + " goes around its Kest hook: only the outer call is checked; "
	}
	if inOutput {
		what += "this is not as kestgen writes it: run kestgen, and "
	}
	v.report(id.Pos(), stack, CodeUse, name, what+v.wayOut(fn, f))
}

// describe says in which way an identifier uses the function.
func (v *vetting) describe(id *ast.Ident, stack []ast.Node, name string) string {
	expr, parents := expression(id, stack)
	if call, ok := parents[len(parents)-1].(*ast.CallExpr); ok && ast.Unparen(call.Fun) == expr {
		switch parents[len(parents)-2].(type) {
		case *ast.GoStmt:
			return "go call of " + name
		case *ast.DeferStmt:
			return "deferred call of " + name
		}
		return "call of " + name
	}
	if selector, ok := selectorOf(id, stack); ok {
		switch selection := v.TypesInfo.Selections[selector]; {
		case selection == nil:
		case selection.Kind() == types.MethodExpr:
			return "method expression of " + name
		case selection.Kind() == types.MethodVal:
			return "method value of " + name
		}
	}
	return "use of " + name + " as a value"
}

func selectorOf(id *ast.Ident, stack []ast.Node) (*ast.SelectorExpr, bool) {
	selector, ok := stack[len(stack)-2].(*ast.SelectorExpr)
	return selector, ok && selector.Sel == id
}

// expression is the whole expression that denotes the function that an
// identifier names: with the qualifier or receiver and the type arguments. It
// comes with the nodes around it; parentheses are left out.
func expression(id *ast.Ident, stack []ast.Node) (ast.Expr, []ast.Node) {
	var expr ast.Expr = id
	parents := stack[:len(stack)-1]
	for len(parents) > 0 {
		switch parent := parents[len(parents)-1].(type) {
		case *ast.ParenExpr:
			parents = parents[:len(parents)-1]
			continue
		case *ast.SelectorExpr:
			if parent.Sel == id {
				expr, parents = parent, parents[:len(parents)-1]
				continue
			}
		case *ast.IndexExpr:
			if ast.Unparen(parent.X) == expr {
				expr, parents = parent, parents[:len(parents)-1]
				continue
			}
		case *ast.IndexListExpr:
			if ast.Unparen(parent.X) == expr {
				expr, parents = parent, parents[:len(parents)-1]
				continue
			}
		}
		break
	}
	return expr, parents
}

// recursive says whether the use stands in the function itself.
func recursive(fn *types.Func, stack []ast.Node, info *types.Info) bool {
	decl, ok := stack[1].(*ast.FuncDecl)
	return ok && info.Defs[decl.Name] == fn.Origin()
}

// insides checks an identifier that names what only generated code may touch:
// hooks, which could be exchanged for others, and what a decorator decorates.
func (v *vetting) insides(id *ast.Ident, obj types.Object, stack []ast.Node) {
	variable, ok := obj.(*types.Var)
	if !ok || variable.Pkg() != v.Pkg {
		return
	}
	declared := v.fileOf(variable.Pos())
	if declared == nil || declared == stack[0] || !v.isGenerated(declared) {
		return
	}
	if variable.IsField() {
		if owner := v.decoratorWith(variable); owner != "" {
			v.report(id.Pos(), stack, CodeHook, owner+"."+variable.Name(),
				"use of the field "+variable.Name()+" of "+owner+", which is not behind its Kest hooks: call the methods of "+owner)
		}
		return
	}
	if variable.Parent() == v.Pkg.Scope() && isKest(variable.Type(), "Hook") {
		v.report(id.Pos(), stack, CodeHook, variable.Name(),
			"use of the hook "+variable.Name()+", which belongs to the code that kestgen writes: leave it alone")
	}
}

// decoratorWith names the decorator that a field belongs to, "" if it belongs to
// another type.
func (v *vetting) decoratorWith(field *types.Var) string {
	for _, f := range v.functions {
		if f.Decorator == "" {
			continue
		}
		obj := v.Pkg.Scope().Lookup(f.Decorator)
		if obj == nil {
			continue
		}
		structure, ok := obj.Type().Underlying().(*types.Struct)
		if ok && structure.NumFields() == 1 && structure.Field(0) == field.Origin() {
			return f.Decorator
		}
	}
	return ""
}
