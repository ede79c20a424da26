package kest.trust_threshold_test

import rego.v1

import data.kest.trust_threshold

decide(score, attributes) if {
	trust_threshold.allow with input as {"trust_score": score, "object": {"attributes": attributes}}
}

test_default if {
	decide(40, {})
	not decide(39, {})
}

test_null_is_the_default if {
	decide(40, {"min_trust": null})
	not decide(39, {"min_trust": null})
}

test_number if {
	decide(60, {"min_trust": 60})
	not decide(59, {"min_trust": 60})
}

test_digits if {
	decide(9, {"min_trust": "9"})
	decide(100, {"min_trust": "100"})
	decide(0, {"min_trust": "0"})
	not decide(59, {"min_trust": "60"})
}

test_no_threshold if {
	every value in ["", "010", "-1", "101", "1e1", "10\n", "high", -1, 101, 10.5, false, [10], {"value": 10}] {
		not decide(100, {"min_trust": value})
	}
}
