# Trust threshold: the call's trust score reaches what the function asks for.
#
#   min_trust  0 to 100, a number or its digits; 40 if there is none
package kest.trust_threshold

import rego.v1

default allow := false

allow if input.trust_score >= threshold

threshold := 40 if not given

threshold := score(attributes.min_trust)

# Null is what a nil pointer becomes. Cedar does not have it, and here it is no
# value either, so that both languages say the same.
given if attributes.min_trust != null

score(value) := value if {
	is_number(value)
	value == floor(value)
	value >= 0
	value <= 100
}

# What a literal in a directive is: attr.min_trust=60 gives the text "60".
score(value) := to_number(value) if {
	is_string(value)
	regex.match(`^(0|[1-9][0-9]?|100)$`, value)
}

attributes := input.object.attributes
