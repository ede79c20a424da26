// Package opa is the policy engine that asks an Open Policy Agent server, most
// often a sidecar on the same host, over its REST API.
//
// The policy kest/allow_trusted is the package kest.allow_trusted on the
// server, and the question is
//
//	POST {URL}/v1/data/kest/allow_trusted?strict-builtin-errors=true
//	{"input": …}
//
// with the input document of [kest.PolicyInput]. Only the JSON value true at
// result.allow allows. False denies, and so does an allow that is not there,
// since it is undefined. Everything else is an error, which denies too: no
// server, no answer in time, a status other than 200, a redirect, an answer
// that is too large or is not one JSON object without doubt, no result.
//
// The server listens on TCP, with or without TLS and client certificates, or on
// a Unix socket. Connections are kept. Nothing is asked twice: a decision that
// took too long is a denial (TC-09), and so is one whose server went away after
// the question was written. A connection that the server closed while it was
// idle costs nothing: the question goes out on another one.
//
// The query parameter makes the server report a failed built-in function.
// Without it the failure is undefined, and `allow if not suspicious` allows what
// nobody could check. runtime/engine/rego, which needs no server, decides the
// same documents alike.
package opa
