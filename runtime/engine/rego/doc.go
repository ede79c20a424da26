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
// and a cancelled context are errors, a [*kest.PolicyError], and an error denies too.
//
// # Where policies come from
//
// [Load] and [LoadDir] take every file that ends in .rego, apart from tests
// (_test.rego) and names that start with a dot; [New] takes what it is given.
// [LoadBundle] and [ReadBundle] take an OPA bundle, with
// [WithBundleVerification] only one that is signed. An engine does not change:
// runtime/engine/reload makes a new one when a folder or a bundle does.
//
// Rego v1 and v0 stand side by side, unmodified: what is not v1 is read as v0,
// where
//
//	allow { input.trust_score >= 40 }
//
// is a rule. Each policy is compiled when it is loaded, so a syntax error, a
// type error or an unsafe variable is an error at start-up.
//
// # Data
//
// Files named data.json, data.yaml and data.yml are data documents, at the path
// that their directory says: shop/limits/data.json is data.shop.limits. They are
// stricter than OPA's: no member is there twice, YAML has no aliases, and nothing
// has the place of a rule. A policy is always a rule: a data document
// {"kest": {"x": {"allow": true}}} is not a policy kest/x, though a server would
// say that data.kest.x.allow is true.
//
// # What a policy can reach
//
// A decision should be a function of the policies, their data and the input document
// alone, so that an auditor can repeat it: [Engine.PolicyDigest] is over the first
// two. The built-in functions that reach the network or the process's environment,
// http.send, net.lookup_ip_addr and opa.runtime, are not there, and JSON schemas
// are not fetched from other hosts; [WithBuiltin] brings one back. The clock
// (time.now_ns) and chance (rand.intn, uuid.rfc4122) are left, since policies about
// opening hours need them.
package rego
