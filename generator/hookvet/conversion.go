package hookvet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// conversions checks a node in which values become interfaces: through the
// interface, an annotated method can be called by its dynamic type.
func (v *vetting) conversions(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN || n.Tok == token.DEFINE {
			v.assignment(n.Lhs, n.Rhs, stack)
		}
	case *ast.ValueSpec:
		names := make([]ast.Expr, len(n.Names))
		for i, name := range n.Names {
			names[i] = name
		}
		v.assignment(names, n.Values, stack)
	case *ast.CallExpr:
		v.call(n, stack)
	case *ast.ReturnStmt:
		if signature := v.enclosing(stack); signature != nil {
			v.values(n.Results, func(i int) types.Type { return signature.Results().At(i).Type() }, stack)
		}
	case *ast.CompositeLit:
		v.literal(n, stack)
	case *ast.TypeAssertExpr:
		if n.Type != nil { // else a type switch
			v.becomes(n.X, v.TypesInfo.TypeOf(n.X), v.TypesInfo.TypeOf(n.Type), stack)
		}
	case *ast.TypeSwitchStmt:
		v.typeSwitch(n, stack)
	case *ast.SendStmt:
		if channel, ok := core(v.TypesInfo.TypeOf(n.Chan)).(*types.Chan); ok {
			v.becomes(n.Value, v.TypesInfo.TypeOf(n.Value), channel.Elem(), stack)
		}
	case *ast.IndexExpr:
		if m, ok := core(v.TypesInfo.TypeOf(n.X)).(*types.Map); ok {
			v.becomes(n.Index, v.TypesInfo.TypeOf(n.Index), m.Key(), stack)
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			v.ranged(n, stack)
		}
	}
}

// typeSwitch checks the cases that are interfaces, as type assertions.
func (v *vetting) typeSwitch(n *ast.TypeSwitchStmt, stack []ast.Node) {
	var asserted *ast.TypeAssertExpr
	switch assign := n.Assign.(type) {
	case *ast.ExprStmt:
		asserted, _ = assign.X.(*ast.TypeAssertExpr)
	case *ast.AssignStmt:
		asserted, _ = assign.Rhs[0].(*ast.TypeAssertExpr)
	}
	if asserted == nil {
		return
	}
	for _, clause := range n.Body.List {
		for _, expr := range clause.(*ast.CaseClause).List {
			if v.TypesInfo.Types[expr].IsType() {
				v.becomes(expr, v.TypesInfo.TypeOf(asserted.X), v.TypesInfo.TypeOf(expr), stack)
			}
		}
	}
}

func core(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

func (v *vetting) assignment(left, right []ast.Expr, stack []ast.Node) {
	v.values(right, func(i int) types.Type {
		if i >= len(left) || isBlank(left[i]) {
			return nil // thrown away: the idiom var _ I = T{} calls nothing
		}
		return v.TypesInfo.TypeOf(left[i])
	}, stack)
}

func isBlank(expr ast.Expr) bool {
	id, ok := expr.(*ast.Ident)
	return ok && id.Name == "_"
}

// values checks a list of values, or one call that gives as many.
func (v *vetting) values(list []ast.Expr, to func(i int) types.Type, stack []ast.Node) {
	if len(list) == 1 {
		if tuple, ok := v.TypesInfo.TypeOf(list[0]).(*types.Tuple); ok {
			for i := range tuple.Len() {
				v.becomes(list[0], tuple.At(i).Type(), to(i), stack)
			}
			return
		}
	}
	for i, expr := range list {
		v.becomes(expr, v.TypesInfo.TypeOf(expr), to(i), stack)
	}
}

func (v *vetting) call(call *ast.CallExpr, stack []ast.Node) {
	fun := v.TypesInfo.Types[call.Fun]
	if fun.IsType() {
		if len(call.Args) == 1 && !discarded(stack) {
			v.becomes(call.Args[0], v.TypesInfo.TypeOf(call.Args[0]), fun.Type, stack)
		}
		return
	}
	signature, ok := core(fun.Type).(*types.Signature)
	if !ok {
		return
	}
	last := signature.Params().Len() - 1
	v.values(call.Args, func(i int) types.Type {
		if !signature.Variadic() || i < last {
			if i > last {
				return nil
			}
			return signature.Params().At(i).Type()
		}
		t := signature.Params().At(last).Type()
		slice, ok := core(t).(*types.Slice)
		if call.Ellipsis.IsValid() || !ok {
			return t
		}
		return slice.Elem()
	}, stack)
}

// discarded says whether an expression is all that is assigned to blank.
func discarded(stack []ast.Node) bool {
	switch parent := stack[len(stack)-2].(type) {
	case *ast.ValueSpec:
		return !slices.ContainsFunc(parent.Names, func(name *ast.Ident) bool { return name.Name != "_" })
	case *ast.AssignStmt:
		return !slices.ContainsFunc(parent.Lhs, func(expr ast.Expr) bool { return !isBlank(expr) })
	}
	return false
}

// isConstructor says whether a call puts a decorator around its argument.
func (v *vetting) isConstructor(call *ast.CallExpr) bool {
	fun := ast.Unparen(call.Fun)
	switch instance := fun.(type) {
	case *ast.IndexExpr:
		fun = instance.X
	case *ast.IndexListExpr:
		fun = instance.X
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return false
	}
	fn, ok := v.TypesInfo.Uses[id].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return false
	}
	decorator, ok := strings.CutPrefix(fn.Name(), "New")
	if !ok || fn.Pkg() == v.Pkg && !v.declaredInOutput(fn) {
		return false
	}
	return v.isDecorator(fn.Pkg(), decorator)
}

func (v *vetting) declaredInOutput(obj types.Object) bool {
	file := v.fileOf(obj.Pos())
	return file != nil && v.isGenerated(file)
}

// isDecorator says whether a type of a package is the decorator of an interface.
func (v *vetting) isDecorator(pkg *types.Package, name string) bool {
	path := packagePath(pkg.Path())
	for s, f := range v.functions {
		if s.path == path && f.Decorator == name {
			return true
		}
	}
	return false
}

func (v *vetting) enclosing(stack []ast.Node) *types.Signature {
	for _, node := range slices.Backward(stack) {
		switch node := node.(type) {
		case *ast.FuncLit:
			signature, _ := v.TypesInfo.TypeOf(node).(*types.Signature)
			return signature
		case *ast.FuncDecl:
			if fn, ok := v.TypesInfo.Defs[node.Name].(*types.Func); ok {
				return fn.Signature()
			}
		}
	}
	return nil
}

func (v *vetting) literal(literal *ast.CompositeLit, stack []ast.Node) {
	t := core(v.TypesInfo.TypeOf(literal))
	if pointer, ok := t.(*types.Pointer); ok {
		t = core(pointer.Elem()) // an inner literal without its &T
	}
	for i, element := range literal.Elts {
		pair, keyed := element.(*ast.KeyValueExpr)
		value := element
		if keyed {
			value = pair.Value
		}
		var to types.Type
		switch t := t.(type) {
		case *types.Struct:
			if keyed {
				if field, ok := v.TypesInfo.ObjectOf(pair.Key.(*ast.Ident)).(*types.Var); ok {
					to = field.Type()
				}
			} else if i < t.NumFields() {
				to = t.Field(i).Type()
			}
		case *types.Slice:
			to = t.Elem()
		case *types.Array:
			to = t.Elem()
		case *types.Map:
			to = t.Elem()
			v.becomes(pair.Key, v.TypesInfo.TypeOf(pair.Key), t.Key(), stack)
		}
		v.becomes(value, v.TypesInfo.TypeOf(value), to, stack)
	}
}

// ranged checks variables that a range statement assigns to.
func (v *vetting) ranged(loop *ast.RangeStmt, stack []ast.Node) {
	var key, value types.Type
	switch t := core(v.TypesInfo.TypeOf(loop.X)).(type) {
	case *types.Slice:
		value = t.Elem()
	case *types.Array:
		value = t.Elem()
	case *types.Pointer:
		if array, ok := core(t.Elem()).(*types.Array); ok {
			value = array.Elem()
		}
	case *types.Map:
		key, value = t.Key(), t.Elem()
	case *types.Chan:
		key = t.Elem()
	case *types.Signature:
		if yield, ok := core(t.Params().At(0).Type()).(*types.Signature); ok {
			if yield.Params().Len() > 0 {
				key = yield.Params().At(0).Type()
			}
			if yield.Params().Len() > 1 {
				value = yield.Params().At(1).Type()
			}
		}
	}
	for _, assigned := range []struct {
		to   ast.Expr
		from types.Type
	}{{loop.Key, key}, {loop.Value, value}} {
		if assigned.to != nil && assigned.from != nil && !isBlank(assigned.to) {
			v.becomes(assigned.to, assigned.from, v.TypesInfo.TypeOf(assigned.to), append(stack, loop.X))
		}
	}
}

// instance checks the type arguments of an instantiation: its body calls methods
// of the constraint.
func (v *vetting) instance(id *ast.Ident, stack []ast.Node) {
	instance, ok := v.TypesInfo.Instances[id]
	if !ok {
		return
	}
	var params *types.TypeParamList
	switch obj := v.TypesInfo.Uses[id].(type) {
	case *types.Func:
		if obj.Pkg() != nil && packagePath(obj.Pkg().Path()) == kestPath {
			return // the guards
		}
		params = obj.Origin().Signature().TypeParams()
	case *types.TypeName:
		switch t := obj.Type().(type) {
		case *types.Named:
			params = t.Origin().TypeParams()
		case *types.Alias:
			params = t.Origin().TypeParams()
		}
	}
	for i := range min(params.Len(), instance.TypeArgs.Len()) {
		v.becomes(id, instance.TypeArgs.At(i), params.At(i).Constraint().Underlying(), stack)
	}
}
