// Package rego is the policy engine that runs Open Policy Agent in process: no
// server, no network, about ten microseconds for a simple policy.
//
// A policy is a rule named allow. Its package, with slashes, is its name:
//
//	package kest.allow_trusted
//
//	default allow := false
//
//	allow if input.trust_score >= 40
//
// is the policy kest/allow_trusted, the same name that the sidecar of
// runtime/engine/opa has for it, and sees the same input document (see
// [kest.PolicyInput]). It allows when allow is true. False and undefined deny;
// a value that is not a boolean, two values at once, a failed built-in function
// and a cancelled context are errors, and an error denies too.
//
// # Modules
//
// [Load] and [LoadDir] take every file that ends in .rego, apart from tests
// (_test.rego) and names that start with a dot; [New] takes what it is given.
// Rego v1 and v0 stand side by side, unmodified: what is not v1 is read as v0,
// where
//
//	allow { input.trust_score >= 40 }
//
// is a rule. Each policy is compiled when it is loaded, so a syntax error, a
// type error or an unsafe variable is an error at start-up.
//
// # What a policy can reach
//
// A decision should be a function of the input document alone, so that an
// auditor can repeat it. The built-in functions that reach the network or the
// process's environment, http.send, net.lookup_ip_addr and opa.runtime, are
// not there, and JSON schemas are not fetched from other hosts; [WithBuiltin]
// brings one back. The clock (time.now_ns) and chance (rand.intn,
// uuid.rfc4122) are left, since policies about opening hours need them. There
// are no data documents: a policy that needs a table has it in its module, and
// so in the digest of [Engine.PolicyDigest].
package rego
