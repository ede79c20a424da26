# Only what nobody has validated is parked.
package ledger.parking

default allow := false

allow if "unvalidated" in input.subject.taints
