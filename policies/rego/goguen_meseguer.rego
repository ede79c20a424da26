# Goguen–Meseguer, non-interference: what goes out at one level is not influenced
# by what came in above it. The taints level:unclassified, level:confidential,
# level:secret and level:top_secret say what came in.
#
#   output  the level of those who see what the function puts out
package kest.goguen_meseguer

import rego.v1

default allow := false

allow if {
	limit := levels[attributes.output]
	labelled
	every rank in inputs {
		rank <= limit
	}
}

# A lineage that nobody labelled is not one of the lowest level.
labelled if count(inputs) > 0

inputs := {rank |
	some level, rank in levels
	concat(":", ["level", level]) in input.subject.taints
}

levels := {"unclassified": 0, "confidential": 1, "secret": 2, "top_secret": 3}

attributes := input.object.attributes
