// Package cedar is the policy engine that runs Cedar (https://www.cedarpolicy.com)
// in process: no server, no network, a few microseconds for a simple policy.
//
// The policy kest/allow_trusted is the action of that name:
//
//	permit(principal, action == Action::"kest/allow_trusted", resource)
//	when { context.trust_score >= 40 };
//
// The principal is the workload that signs, Workload::"spiffe://…", and the
// resource is the call's, Resource::"orders/o-17", or Resource::"*" when its id
// is unknown. The context is the input document of [kest.PolicyInput] as
// records, without what is null; trust_score, taints, user, agent, task,
// source_type and is_root stand in it directly, too.
//
// # Names
//
// A policy is there when the scope of a permit or forbid names its action, with
// ==, in or a list, or names a group that the action is in. A statement about all
// actions applies to every policy and names none: if it did, a misspelt name
// would be allowed by a blanket permit. With only a forbid a policy denies.
//
// # Strict errors
//
// Cedar leaves a policy out that fails, as by an attribute that is not there. A
// forbid that fails would so allow what it was written to stop. Here a call is
// allowed only if Cedar allows it and no policy about its action failed; all else
// is an error, which denies. Ask with has before reading what may not be there.
//
// Cedar's only numbers are 64-bit integers, and it has no null. Attributes with
// a fraction, a larger number, a null in an array, or a member that Cedar would
// read as an entity (__entity, __extn, __expr) are errors, whether a policy asks
// for them or not. Give amounts in whole minor units or as text for decimal().
//
// # Files
//
// [Load] and [LoadDir] take policies (*.cedar), entities as Cedar's JSON array
// (entities.json, *.entities.json) and at most one schema (*.cedarschema,
// *.cedarschema.json); names that start with a dot are left out. Whatever of
// these cannot be read is an error at start-up. If there is a schema, it counts:
// policies are type-checked against it strictly, entities must fit it when they
// are loaded, and calls when they are decided. The check is cedar-go's, which
// calls it experimental.
package cedar
