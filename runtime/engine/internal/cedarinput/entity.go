package cedarinput

import (
	"github.com/cedar-policy/cedar-go/types"

	kest "github.com/kestgo/kest/runtime"
)

// The types of the entities.
const (
	TypeWorkload = "Workload"
	TypeAction   = "Action"
	TypeResource = "Resource"
)

// Entity is the type and the id of a Cedar entity.
type Entity struct {
	Type string // one of the types above
	ID   string // any text
}

// String is the entity in Cedar's syntax, Workload::"spiffe://example.org/a".
// It is escaped as Rust's escape_debug does, since the Rust implementation
// refuses an entity that it would have written another way.
func (e Entity) String() string {
	return types.EntityUID{Type: types.EntityType(e.Type), ID: types.String(e.ID)}.String()
}

// Principal is the workload that signs. Without an input, for which
// [AppendContext] gives an error, its id is empty.
func Principal(in *kest.PolicyInput) Entity {
	if in == nil {
		return Entity{Type: TypeWorkload}
	}
	return Entity{TypeWorkload, in.Workload}
}

// Action is the policy that is asked for. That its name is UTF-8 is for the
// engine to check.
func Action(policy string) Entity { return Entity{TypeAction, policy} }

// Resource is the object of the call: * when its id is unknown. A policy that
// has to tell that from an object with the id * asks context.object has id.
func Resource(in *kest.PolicyInput) Entity {
	if in == nil || in.ResourceID == "" {
		return Entity{TypeResource, "*"}
	}
	return Entity{TypeResource, in.ResourceID}
}
