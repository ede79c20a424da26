// Package policies is a library of access-control models, each as a policy in
// Rego and in Cedar, with the same name and the same answers:
//
//	kest/bell_lapadula    levels of secrecy: no read up, no write down
//	kest/biba             trust as integrity: no read down, no write up
//	kest/brewer_nash      the Chinese wall between competitors' data
//	kest/clark_wilson     certified (user, procedure, item) triples, separation of duty
//	kest/goguen_meseguer  what came in at a high level does not go out at a low one
//	kest/taint_deny_list  taints that the lineage must not have
//	kest/trust_threshold  the trust score that the function asks for
//
// A service loads [Rego] or [Cedar] into an engine, alone or with policies of
// its own (see [Join]), and names the policies in its directives, which also say
// what each needs to know:
//
//	//kest:verified policy=kest/trust_threshold,kest/taint_deny_list attr.min_trust=60 attr.denied_taint=pii
//
// The page docs/policies.md says what each model means, what it needs in attr.*,
// and what it does not do.
//
// Every policy denies unless all it needs is there: an attribute that is
// missing, of another type, or of an unknown value never allows. Where Rego says
// false, Cedar may say that the policy failed; both deny. The Cedar policies are
// permits only. A Cedar engine leaves out a policy that fails, so that a forbid
// which trips over a hostile value would be a forbid less.
package policies
