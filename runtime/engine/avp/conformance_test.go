package avp_test

import (
	"encoding/json"
	"testing"

	"github.com/cedar-policy/cedar-go"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

func input() *kest.PolicyInput { return cedarconformance.Input() }

// TestConformanceDouble asks the double every question that the engine in
// process is asked.
func TestConformanceDouble(t *testing.T) {
	policies := cedar.NewPolicySet()
	for _, s := range cedarconformance.Statements() {
		var policy cedar.Policy
		check(t, policy.UnmarshalCedar([]byte(s.Text)))
		policies.Add(cedar.PolicyID(s.ID), &policy)
	}
	var all []cedar.Entity
	check(t, json.Unmarshal(cedarconformance.Entities(), &all))
	actions, sent := cedar.EntityMap{}, []cedar.Entity{}
	for _, entity := range all {
		if entity.UID.Type == "Action" {
			actions[entity.UID] = entity // of the store's schema
		} else {
			sent = append(sent, entity)
		}
	}
	entities, err := json.Marshal(sent)
	check(t, err)
	_, url := startDoubleWith(t, policies, "", actions)
	cedarconformance.Run(t, newEngine(t, avp.Config{Client: newClient(url), Entities: entities, Timeout: limit}))
}
