// Package avp is the policy engine that asks Amazon Verified Permissions, the
// managed service that evaluates Cedar policies, through its operation
// IsAuthorized.
//
// It is made of a client of the AWS SDK, which knows the region, the endpoint
// and the credentials:
//
//	client := verifiedpermissions.NewFromConfig(awsConfig)
//	engine, err := avp.New(avp.Config{Client: client, PolicyStoreID: "PSEXAMPLEabcdefg111111"})
//
// The policy kest/allow_trusted is asked for as
//
//	principal  Workload::"<workload id>"
//	action     Action::"kest/allow_trusted"
//	resource   Resource::"<object id>", or Resource::"*" when it is unknown
//	context    the input document of [kest.PolicyInput] as records, and beside
//	           its members trust_score, taints, user, agent, task, source_type
//	           and is_root
//
// which is what runtime/engine/cedar and runtime/engine/cedaragent evaluate, so
// one set of policies decides alike in all three. Config.Namespace puts the
// types into the namespace of the store's schema.
//
// Only the decision ALLOW, in an answer that reports no errors, allows. DENY
// denies. So does everything else, with an error that says why: Cedar leaves out
// a policy that cannot be evaluated, and if that is a forbid, the rest allows
// what it was written to stop. Nothing is asked twice, whatever the client is
// set to (TC-09), no redirect is followed, and an answer is read up to 1 MiB.
//
// The service does not tell an action that no policy mentions from one that none
// permits, unless the store validates requests against a schema: a policy name
// that the store does not have denies, as a rule without an error.
package avp
