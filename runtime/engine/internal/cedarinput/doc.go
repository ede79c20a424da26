// Package cedarinput says in Cedar's words what a policy sees of a call: the
// entities of the question and its context. All engines that evaluate Cedar use
// it, so that a policy means the same in process, in a sidecar and in AWS
// Verified Permissions.
//
// Cedar has no null, no fraction and no number beyond 64 bits, and its JSON has
// members with a meaning of their own. Attributes are values from outside, so
// whatever Cedar cannot say is an error here: a value that were dropped, rounded
// or read as something else would have a policy decide about another call than
// the one that is made.
package cedarinput
