package cedar

import "github.com/cedar-policy/cedar-go/x/exp/ast"

// needs is which members of the context the conditions of a policy read. To
// make Cedar's values of the others would cost more than to evaluate it.
type needs struct {
	all     bool
	members map[string]bool
}

func (n *needs) includes(member []byte) bool { return n.all || n.members[string(member)] }

func (n *needs) add(other needs) {
	n.all = n.all || other.all
	for member := range other.members {
		n.member(member)
	}
}

func (n *needs) member(name string) {
	if n.members == nil {
		n.members = map[string]bool{}
	}
	n.members[name] = true
}

// find looks for the variable context in an expression. Where it stands for
// anything but a member of it, all are needed.
func (n *needs) find(expression ast.IsNode) {
	ast.Inspect(ast.NewNode(expression), func(node ast.IsNode) bool {
		switch node := node.(type) {
		case ast.NodeTypeAccess:
			return !n.access(node.StrOpNode)
		case ast.NodeTypeHas:
			return !n.access(node.StrOpNode)
		case ast.NodeTypeVariable:
			n.all = n.all || node == ast.NewContextNode()
		}
		return true
	})
}

// access notes context.member and context has member.
func (n *needs) access(node ast.StrOpNode) (found bool) {
	if variable, ok := node.Arg.(ast.NodeTypeVariable); !ok || variable != ast.NewContextNode() {
		return false
	}
	n.member(string(node.Value))
	return true
}
