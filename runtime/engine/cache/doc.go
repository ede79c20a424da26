// Package cache is a policy engine that keeps the decisions of another one for a
// short time. It is for engines that ask a server; those in process are quicker
// than what it saves. Nothing in this module uses it by itself.
//
//	engine, err := cache.New(sidecar, cache.Config{TTL: 5 * time.Second, MaxEntries: 10_000})
//
// # What two calls must have in common
//
// Everything that the policy sees. A decision is found again under the name of
// the policy, the digest of the policies, and the whole input document: two
// calls that differ in one attribute, one taint, the user or the parent never
// share one. The document has the hash of the parent entry, and each entry has
// its own: within one chain of calls there are hits only for calls from the same
// parent, and calls at a root are where the cache helps.
//
// # What is kept
//
// True and false, for at most TTL, counted from when the engine was asked, and
// at most MaxEntries of them: those that nobody asked for longest go first.
// Errors and time-outs are not kept. While the engine is asked, calls with the
// same question wait for the one answer.
//
// # What can go stale
//
// A policy that looks at the clock, at chance, or at data that is neither in the
// input nor in the digest goes on saying what it said, for up to TTL; keep such
// a policy out with runtime/engine/router. A server's policies have no digest: a
// new one there is seen after TTL, or after [Engine.Invalidate]. Policies behind
// runtime/engine/reload have one, and nothing that the old ones decided is found
// under the new. An engine must decide by the policy and the input, not by other
// values of the context.
package cache
