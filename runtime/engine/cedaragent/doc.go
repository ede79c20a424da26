// Package cedaragent is the policy engine that asks a cedar-agent, the HTTP
// server around Cedar of https://github.com/permitio/cedar-agent, most often a
// sidecar on the same host.
//
// The policy kest/allow_trusted is the Cedar action of that name, and the
// question is
//
//	POST {URL}/is_authorized
//	{"principal": "Workload::\"spiffe://example.org/payments\"",
//	 "action": "Action::\"kest/allow_trusted\"",
//	 "resource": "Resource::\"orders/o-17\"",
//	 "context": {"trust_score": 63, "subject": {…}, "object": {…}, "environment": {…}, …}}
//
// with the input document of [kest.PolicyInput] as the context. The resource is
// * when its id is unknown. Only {"decision":"Allow"} allows; "Deny" denies.
// Everything else is an error, which denies too: no server, no answer in time, a
// status other than 200, an answer that is too large or is not one JSON object
// without doubt.
//
// # Policies that err
//
// Cedar leaves out a policy whose evaluation fails, so a forbid that fails allows
// what it was written to forbid, and the server then answers "Allow". It says so
// beside the decision, in diagnostics.errors: one error there, and the call is
// denied, whatever the decision (ErrPolicyMalformed). Policies should ask with
// `has` for what may be missing.
//
// # Names that the server does not have
//
// An agent cannot be asked which actions its policies know, and it denies the
// ones that none of them names. But a permit without an action in its scope,
// permit(principal, action, resource), permits every name, misspelt ones too.
// Name the action in each permit. runtime/engine/cedar, which has the policies in
// the process, refuses such names.
package cedaragent
