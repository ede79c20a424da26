package hookvet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// becomes checks a value of one type that becomes another: a finding if that is
// an interface through which an annotated method can be called.
func (v *vetting) becomes(expr ast.Expr, from, to types.Type, stack []ast.Node) {
	if from == nil || to == nil || isTypeParam(to) {
		return
	}
	face, ok := to.Underlying().(*types.Interface)
	if !ok || face.NumMethods() == 0 || types.Identical(from, to) {
		return
	}
	if basic, ok := from.(*types.Basic); ok && basic.Kind() == types.UntypedNil {
		return
	}
	for method := range face.Methods() {
		obj, _, _ := types.LookupFieldOrMethod(from, false, method.Pkg(), method.Name())
		fn, ok := obj.(*types.Func)
		if !ok {
			continue
		}
		if f := v.lookup(fn); f != nil && f.Decorator == "" {
			name := v.name(fn, f)
			v.report(expr.Pos(), stack, CodeConversion, name,
				v.typeName(from)+" becomes "+v.interfaceName(to)+", through which "+name+" can be called around its Kest hook: pass a type whose method "+method.Name()+" calls the wrapper "+f.Wrapper)
			return
		}
		if f := v.lookup(method); f != nil && !v.decorated(fn, method, f) && !v.isDouble(from) && !v.isWrapped(stack) {
			name := v.name(method, f)
			v.report(expr.Pos(), stack, CodeConversion, name,
				v.typeName(from)+" becomes "+v.interfaceName(to)+" without Kest hooks around "+name+": wrap it with "+v.qualified(method, "New"+f.Decorator))
			return
		}
	}
}

func isTypeParam(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.TypeParam)
	return ok
}

// decorated says whether the method that a value has for a method of an annotated
// interface is behind its hook: it is the decorator's, or that of the interface
// itself, whose values are checked where they come from.
func (v *vetting) decorated(fn, method *types.Func, f *function) bool {
	if v.lookup(fn) == f {
		return true
	}
	receiver := receiverOf(fn)
	return receiver != nil && receiver.Name() == f.Decorator && receiver.Pkg() == method.Pkg() &&
		(receiver.Pkg() != v.Pkg || v.declaredInOutput(receiver))
}

// isDouble says whether a type is declared in a test file: no such value exists
// in a program.
func (v *vetting) isDouble(t types.Type) bool {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() == v.Pkg && strings.HasSuffix(v.filename(named.Obj().Pos()), "_test.go")
}

// isWrapped says whether the node that a value becomes an interface in is the
// call that puts a decorator around it.
func (v *vetting) isWrapped(stack []ast.Node) bool {
	call, ok := stack[len(stack)-1].(*ast.CallExpr)
	return ok && v.isConstructor(call)
}

func (v *vetting) typeName(t types.Type) string {
	return types.TypeString(t, func(pkg *types.Package) string {
		if pkg == v.Pkg {
			return ""
		}
		return pkg.Name()
	})
}

// interfaceName keeps a message short where an interface has no name.
func (v *vetting) interfaceName(t types.Type) string {
	if _, ok := types.Unalias(t).(*types.Named); !ok {
		var methods []string
		for method := range t.Underlying().(*types.Interface).Methods() {
			methods = append(methods, method.Name())
		}
		slices.Sort(methods)
		return "an interface with " + strings.Join(methods, ", ")
	}
	return v.typeName(t)
}
