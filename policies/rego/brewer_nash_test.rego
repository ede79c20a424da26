package kest.brewer_nash_test

import rego.v1

import data.kest.brewer_nash

acme := "wall:banks:acme"

globex := "wall:banks:globex"

initech := "wall:oil:initech"

decide(taints, attributes) if {
	brewer_nash.allow with input as {
		"subject": {"taints": taints},
		"object": {"attributes": object.union({"access": "read", "dataset": acme, "conflicts": [globex]}, attributes)},
	}
}

test_first_access if decide([acme], {})

test_other_class if decide([acme, initech], {})

test_competitor_in_the_lineage if not decide([acme, globex], {})

test_competitor_in_the_history if not decide([acme], {"history": [globex]})

test_access_is_recorded if {
	not decide([], {})
	decide([], {"history": [acme]})
}

test_no_competitors if decide([acme], {"conflicts": []})

test_star_property if {
	every access in ["append", "write"] {
		decide([acme], {"access": access, "others": [globex, initech]})
		not decide([acme, initech], {"access": access, "others": [globex, initech]})
		not decide([acme], {"access": access, "others": [initech], "history": [initech]})
		not decide([acme], {"access": access})
	}
}

test_unknown_access if {
	every access in ["observe", "", null, ["read"]] {
		not decide([acme], {"access": access})
	}
}

test_dataset_is_a_text if {
	not decide([acme], {"dataset": null})
	not decide([acme], {"dataset": 7, "history": [7]})
}

test_lists_are_lists_of_texts if {
	every key in ["conflicts", "history"] {
		every value in ["wall:banks:hooli", false, 7, {"a": "b"}, [["a"]], [null]] {
			not decide([acme], {key: value})
		}
	}
	not decide([acme], {"conflicts": null})
	not decide([acme], {"access": "write", "others": "wall:oil:initech"})
}

test_null_history_is_none if decide([acme], {"history": null})

test_no_taints_in_the_document if {
	not brewer_nash.allow with input as {
		"subject": {},
		"object": {"attributes": {"access": "read", "dataset": acme, "conflicts": [globex], "history": [acme]}},
	}
}

test_nothing_said if not brewer_nash.allow with input as {"subject": {"taints": []}, "object": {"attributes": {}}}
