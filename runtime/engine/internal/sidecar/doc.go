// Package sidecar is what the engines that ask a server over HTTP have in
// common: one POST for one decision, over TCP, TLS or a Unix socket, with an
// answer of bounded size in bounded time.
//
// An engine makes a [Client] from its own configuration, forms the question,
// and reads the answer:
//
//	answer, err := e.client.Ask(ctx, policy, "/v1/data/kest/allow", question)
//
// What comes back without an error is the whole body of an answer with status
// 200, in time. Every error is a [kest.PolicyError] and tells no answer
// (ErrPolicyUnreachable) from one that is no decision (ErrPolicyMalformed).
//
// # What a server cannot do
//
// Redirects are not followed: a server that sends the input elsewhere is an
// error, not a server to believe. Proxies of the environment are not used: one
// could answer in the server's place. TLS is 1.2 at least and always verified.
// A body has 1 MiB at most and a header 64 KiB.
//
// # Nothing is asked twice
//
// Connections are kept and used again. One that the server has closed is left
// behind: the transport tells before it has written anything, and takes another.
// A question of which anything was written is never written again, since the
// server may have it: the call is denied. So of the calls at the moment at which
// a server ends, those under way are denied, and those after its restart are not.
//
// It is HTTP/1.1 only. A connection on which a call ran out of time is given up
// with that call, while one of HTTP/2 would be kept and hang the next calls too.
package sidecar
