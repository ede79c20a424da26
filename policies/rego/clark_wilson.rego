# Clark–Wilson: constrained data items change only through certified
# transformation procedures, by users who were given exactly that, and not all
# steps by one person. The procedure (TP) is the operation.
#
#   cdi             the constrained data item, or set of them, that this function changes
#   triples         list of {"user", "tp", "cdi"}: the certified relation
#   separated_from  list of users who may not do this step: who certified it, who did the one before
package kest.clark_wilson

import rego.v1

default allow := false

allow if {
	certified
	separated
	validated
}

# Rules E1 and E2. Nobody is no user (E3).
certified if {
	is_string(input.subject.user)
	is_string(attributes.cdi)
	is_array(attributes.triples)
	{"user": input.subject.user, "tp": input.environment.operation, "cdi": attributes.cdi} in attributes.triples
}

# Rules C3 and E4.
separated if {
	texts(attributes.separated_from)
	not input.subject.user in attributes.separated_from
}

# Rule C5: what comes from outside is unconstrained (a UDI) until a procedure for
# just that has taken it in or refused it. Such a procedure is a sanitizer.
validated if {
	is_array(input.subject.taints)
	not "unvalidated" in input.subject.taints
	inside
}

inside if input.environment.classification == "sanitizer"

inside if input.environment.source_type in {"system", "internal", "verified_rag"}

# No source of its own: all it has came along the lineage.
inside if {
	input.environment.source_type == ""
	input.environment.is_root == false
}

# A name that is no text would be nobody's.
texts(list) if {
	is_array(list)
	every element in list {
		is_string(element)
	}
}

attributes := input.object.attributes
