# Rego v0 that reads a v1 module: rules without if, a partial set without contains.
package kest.bill_v0

import data.kest.lib

default allow = false

blocked[taint] {
	taint := input.subject.taints[_]
	lib.forbidden[taint]
}

allow {
	count(blocked) == 0
	input.object.attributes.amount <= lib.limit
}
