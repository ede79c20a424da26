# The input document of PROTOCOL §8, all of it and nothing else.
package kest.whole_document

default allow := false

allow if input == {
	"subject": {
		"workload": "spiffe://example.org/payments",
		"user": "alice",
		"agent": "assistant",
		"task": "refund",
		"trust_score": 63,
		"taints": ["contains_data", "requires_review"],
	},
	"object": {
		"id": "orders/o-17",
		"attributes": {"amount": 12.5, "lines": [1, {"sku": null}], "urgent": true},
	},
	"environment": {
		"is_root": false,
		"source_type": "internal",
		"parent_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"policy_names": ["kest/whole_document", "kest/other"],
		"policy_tier": "platform",
		"active_deviations": [{
			"policy": "kest/four_eyes",
			"tier": "enterprise",
			"reason": "migration until June",
			"approver": "ciso@example.org",
		}],
		"operation": "Orders.Refund",
		"classification": "critic",
	},
	"identity": "spiffe://example.org/payments",
	"trust_score": 63,
}
