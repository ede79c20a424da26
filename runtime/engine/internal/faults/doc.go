// Package faults holds the fault test of all engines: every engine under every
// fault, a thousand calls of a real hook each, and the question whether the
// function ran exactly when every policy said true.
//
// What the policies said is known from the side that said it: from the ledger of
// a server that stands for a broken one, from the decision log of a real OPA, or
// from the plan that policies in process read out of the attributes. It is never
// taken from the engine under test.
//
// There is nothing here but tests.
package faults
