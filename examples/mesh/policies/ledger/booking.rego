# Only what came through another service is booked, nothing unvalidated, nothing of
# low trust, and large amounts only for administrators.
package ledger.booking

default allow := false

allow if {
	not input.environment.is_root
	input.trust_score >= 40
	not "unvalidated" in input.subject.taints
	affordable
}

affordable if input.object.attributes.amount <= 1000

affordable if input.subject.user in data.mesh.administrators
