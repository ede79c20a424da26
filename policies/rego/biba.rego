# Biba, strict integrity: what is worth little does not flow into what is worth
# more. The integrity of the subject is the trust score of the call, which sinks
# with everything that the lineage has taken in.
#
#   access     read | append | write | invoke
#   integrity  of the object or the function invoked: 0 to 100, a number or its digits
package kest.biba

import rego.v1

default allow := false

allow if {
	required := effects[attributes.access]
	every effect in required {
		permitted(effect)
	}
}

# append alters without observing; write does both.
effects := {
	"read": {"observe"},
	"append": {"alter"},
	"write": {"observe", "alter"},
	"invoke": {"invoke"},
}

# No read down.
permitted("observe") if integrity >= input.trust_score

# No write up.
permitted("alter") if input.trust_score >= integrity

# The invocation property: nobody has the more trusted act for them.
permitted("invoke") if input.trust_score >= integrity

integrity := score(attributes.integrity)

score(value) := value if {
	is_number(value)
	value == floor(value)
	value >= 0
	value <= 100
}

# What a literal in a directive is: attr.integrity=60 gives the text "60".
score(value) := to_number(value) if {
	is_string(value)
	regex.match(`^(0|[1-9][0-9]?|100)$`, value)
}

attributes := input.object.attributes
