package avp

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// Lengths that the service takes, in characters.
const (
	maxAction = 512
	maxEntity = 612
)

// question is the request. guard holds it against the quota for its size.
func (e *Engine) question(policy string, input *kest.PolicyInput) (*verifiedpermissions.IsAuthorizedInput, error) {
	context, err := cedarinput.AppendContext(make([]byte, 0, 1024), input)
	if err != nil {
		return nil, err
	}
	principal, action, resource := cedarinput.Principal(input), cedarinput.Action(policy), cedarinput.Resource(input)
	if err := checkEntity("workload id", principal.ID); err != nil {
		return nil, err
	}
	if err := checkEntity("resource id", resource.ID); err != nil {
		return nil, err
	}
	return &verifiedpermissions.IsAuthorizedInput{
		PolicyStoreId: &e.store,
		Principal:     &types.EntityIdentifier{EntityType: &e.workload, EntityId: &principal.ID},
		Action:        &types.ActionIdentifier{ActionType: &e.action, ActionId: &action.ID},
		Resource:      &types.EntityIdentifier{EntityType: &e.resource, EntityId: &resource.ID},
		Entities:      e.entities,
		Context:       &types.ContextDefinitionMemberCedarJson{Value: string(context)},
	}, nil
}

// checkEntity is for an id that AppendContext has found to be UTF-8. The error
// has no part of it.
func checkEntity(what, id string) error {
	switch n := utf8.RuneCountInString(id); {
	case n == 0:
		return fmt.Errorf("the %s is empty", what)
	case n > maxEntity:
		return fmt.Errorf("the %s has %d characters and the service takes %d: choose a shorter one", what, n, maxEntity)
	}
	return nil
}

// checkName refuses names that no action of a store can have.
func checkName(policy string) error {
	switch {
	case policy == "":
		return errors.New("the name is empty: write that of the action, like kest/allow_trusted")
	case !utf8.ValidString(policy):
		return errors.New("the name is not UTF-8")
	case utf8.RuneCountInString(policy) > maxAction:
		return fmt.Errorf("the name has more than %d characters", maxAction)
	}
	for _, r := range policy {
		if unicode.IsControl(r) {
			return fmt.Errorf("the name has the character %q: write that of the action, like kest/allow_trusted", r)
		}
	}
	return nil
}
