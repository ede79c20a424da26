# Taint deny-list: the lineage has none of the taints that the function refuses.
#
#   denied_taint   one taint, as a directive can say it in so many words
#   denied_taints  list of taints, not empty; at least one of the two attributes
package kest.taint_deny_list

import rego.v1

default allow := false

# A deny-list that is missing, empty or no list would refuse nothing.
allow if {
	count(denied) > 0
	is_array(input.subject.taints)
	count(denied & {taint | some taint in input.subject.taints}) == 0
}

denied := one | several

one := {attributes.denied_taint} if {
	is_string(attributes.denied_taint)
	attributes.denied_taint != ""
}

one := set() if not given("denied_taint")

several := {taint | some taint in attributes.denied_taints} if {
	texts(attributes.denied_taints)
	count(attributes.denied_taints) > 0
}

several := set() if not given("denied_taints")

given(key) if attributes[key] != null

# What is no text is nobody's taint.
texts(list) if {
	is_array(list)
	every element in list {
		is_string(element)
	}
}

attributes := input.object.attributes
