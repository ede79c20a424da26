package kest.goguen_meseguer_test

import rego.v1

import data.kest.goguen_meseguer

decide(taints, output) if {
	goguen_meseguer.allow with input as {
		"subject": {"taints": taints},
		"object": {"attributes": {"output": output}},
	}
}

test_same_level if {
	every level in ["unclassified", "confidential", "secret", "top_secret"] {
		decide([concat(":", ["level", level])], level)
	}
}

test_low_to_high if decide(["level:unclassified"], "top_secret")

test_high_to_low if {
	not decide(["level:confidential"], "unclassified")
	not decide(["level:top_secret"], "secret")
}

test_highest_counts if {
	not decide(["level:secret", "level:unclassified"], "confidential")
	decide(["level:secret", "level:unclassified"], "secret")
}

test_nothing_labelled if {
	not decide([], "top_secret")
	not decide(["secret", "level:cosmic"], "top_secret")
}

test_unknown_output if {
	every output in ["cosmic", "", null, 3, ["top_secret"]] {
		not decide(["level:unclassified"], output)
	}
}

test_nothing_said if {
	not goguen_meseguer.allow with input as {"subject": {"taints": ["level:unclassified"]}, "object": {"attributes": {}}}
}
