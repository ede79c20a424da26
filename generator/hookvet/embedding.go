package hookvet

import (
	"go/ast"
	"go/types"
)

// embedding checks a struct for embedded fields that give it annotated methods.
func (v *vetting) embedding(structure *ast.StructType, stack []ast.Node) {
	outer, name := v.TypesInfo.TypeOf(structure), "the struct"
	if spec, ok := stack[len(stack)-2].(*ast.TypeSpec); ok && !spec.Assign.IsValid() {
		if obj := v.TypesInfo.Defs[spec.Name]; obj != nil {
			outer, name = obj.Type(), obj.Name()
		}
	}
	if outer == nil {
		return
	}
	for _, field := range structure.Fields.List {
		if len(field.Names) > 0 {
			continue
		}
		embedded := v.TypesInfo.TypeOf(field.Type)
		if embedded == nil || types.IsInterface(embedded) {
			continue
		}
		if _, ok := types.Unalias(embedded).(*types.Pointer); !ok {
			embedded = types.NewPointer(embedded)
		}
		for selection := range types.NewMethodSet(embedded).Methods() {
			f := v.lookup(selection.Obj())
			if f == nil {
				continue
			}
			fn := selection.Obj().(*types.Func)
			if f.Decorator != "" || !fn.Exported() && fn.Pkg() != v.Pkg {
				continue
			}
			promoted, _, _ := types.LookupFieldOrMethod(outer, true, fn.Pkg(), fn.Name())
			if promoted, ok := promoted.(*types.Func); !ok || promoted.Origin() != fn.Origin() {
				continue // hidden by a field or method of the outer type
			}
			v.report(field.Pos(), append(stack, field), CodeEmbedding, v.name(fn, f),
				"embedding gives "+name+" the method "+v.name(fn, f)+", which goes around its Kest hook: make it a field with a name, and "+v.wayOut(fn, f))
		}
	}
}
