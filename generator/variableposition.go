package generator

import (
	"go/ast"
	"go/token"
)

// variablePosition is where a parameter or result stands in the source.
func (p *packagePlan) variablePosition(h *hook, kind string, place int, otherwise token.Position) token.Position {
	list := h.decl.Type.Params
	if kind == "result" {
		list = h.decl.Type.Results
	}
	i := 0
	for _, field := range list.List {
		for _, node := range fieldNodes(field) {
			if i == place {
				return position(p.Fset, node.Pos())
			}
			i++
		}
	}
	return otherwise
}

func fieldNodes(field *ast.Field) []ast.Node {
	if len(field.Names) == 0 {
		return []ast.Node{field.Type}
	}
	var nodes []ast.Node
	for _, name := range field.Names {
		nodes = append(nodes, name)
	}
	return nodes
}
