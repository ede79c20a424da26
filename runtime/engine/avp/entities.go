package avp

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	cedartypes "github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxEntities bounds Config.Entities in bytes, so that the input of a call has
// room in the same request.
const maxEntities = 500_000

// maxEntitiesDepth is how deep an entity's attributes may be nested.
const maxEntitiesDepth = cedarinput.MaxDepth

// checkEntities reads them as the service would, and refuses what it would
// overlook: of two entities with one id it takes the last.
func checkEntities(text []byte, actionType string) error {
	if len(text) == 0 {
		return nil
	}
	if len(text) > maxEntities {
		return fmt.Errorf("the entities have %d bytes and there may be %d, since they are sent with every request: leave out what no policy looks at", len(text), maxEntities)
	}
	if err := strictjson.Valid(text, maxEntitiesDepth); err != nil {
		return fmt.Errorf("the entities are not Cedar's JSON: %w", err)
	}
	var list []cedartypes.Entity
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("the entities are not Cedar's JSON array of entities: %w", err)
	}
	var errs []error
	seen := make(map[cedartypes.EntityUID]bool, len(list))
	for _, entity := range list {
		switch {
		case string(entity.UID.Type) == actionType:
			errs = append(errs, fmt.Errorf("the entity %.512s is an action: actions and their groups are in the store's schema", entity.UID))
		case seen[entity.UID]:
			errs = append(errs, fmt.Errorf("the entity %.512s is there twice", entity.UID))
		}
		seen[entity.UID] = true
	}
	return errors.Join(errs...)
}

// definition is what is sent, nil for none.
func definition(entities []byte) types.EntitiesDefinition {
	if len(entities) == 0 {
		return nil
	}
	return &types.EntitiesDefinitionMemberCedarJson{Value: string(entities)}
}
