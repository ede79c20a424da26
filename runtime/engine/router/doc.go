// Package router is a policy engine in front of several others: one for each
// tier, or one for each prefix of a policy's name.
//
//	engine, err := router.New(router.Config{
//		Default:  regoEngine,
//		Tiers:    map[kest.Tier]kest.Engine{kest.TierEnterprise: opaSidecar},
//		Prefixes: map[string]kest.Engine{"cedar": cedarEngine},
//	})
//
// # Which engine decides
//
//  1. A colon in a policy's name ends a prefix. cedar:payments/allow goes to the
//     engine of the prefix cedar, in every tier, which is asked for
//     payments/allow. The input document keeps the name as it is listed.
//  2. Without a prefix, the engine of the tier that names the policy decides.
//  3. For a tier without an engine of its own, Default does.
//
// Nothing falls through: an engine that does not have a policy is not followed
// by the next one, and a name whose prefix nobody registered is unknown even if
// there is a Default, or a slip in it would have another policy decide. A policy
// whose own name has a colon, such as the Cedar action App::view, is therefore
// always written with a prefix: cedar:App::view.
//
// # In a directive
//
// A directive's engine= overrides the function tier only. That is so for a
// router, too: one that code brings along never sees a policy of the tiers that
// configuration has, whatever its Tiers say.
package router
