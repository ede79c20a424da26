package kest.taint_deny_list_test

import rego.v1

import data.kest.taint_deny_list

decide(taints, attributes) if {
	taint_deny_list.allow with input as {"subject": {"taints": taints}, "object": {"attributes": attributes}}
}

test_one if {
	decide(["contains_data"], {"denied_taint": "pii"})
	not decide(["contains_data", "pii"], {"denied_taint": "pii"})
}

test_several if {
	decide(["contains_data"], {"denied_taints": ["pii", "secret"]})
	not decide(["secret"], {"denied_taints": ["pii", "secret"]})
}

test_both if {
	every taint in ["pii", "malware"] {
		not decide([taint], {"denied_taint": "malware", "denied_taints": ["pii"]})
	}
	decide([], {"denied_taint": "malware", "denied_taints": ["pii"]})
}

test_null_is_none if {
	decide([], {"denied_taint": null, "denied_taints": ["pii"]})
	not decide([], {"denied_taint": null, "denied_taints": null})
}

test_no_taints_in_the_document if {
	not taint_deny_list.allow with input as {"subject": {}, "object": {"attributes": {"denied_taint": "pii"}}}
}

test_nothing_denied if {
	not decide([], {})
	not decide([], {"denied_taints": []})
	not decide([], {"denied_taint": ""})
	not decide([], {"denied_taint": "pii", "denied_taints": []})
}

test_wrong_types if {
	every value in [false, 7, ["pii"], {"a": "b"}] {
		not decide([], {"denied_taint": value})
	}
	every value in [false, 7, "pii", {"a": "b"}, [["pii"]], ["pii", null]] {
		not decide([], {"denied_taints": value})
	}
}
