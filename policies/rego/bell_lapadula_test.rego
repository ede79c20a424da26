package kest.bell_lapadula_test

import rego.v1

import data.kest.bell_lapadula

decide(attributes) if bell_lapadula.allow with input as {"object": {"attributes": attributes}}

on_levels(access, clearance, label) := {"access": access, "clearance": clearance, "label": label}

on_categories(access, clearance, label) := object.union(
	on_levels(access, "secret", "secret"),
	{"clearance_categories": clearance, "label_categories": label},
)

test_read_down if decide(on_levels("read", "secret", "confidential"))

test_no_read_up if not decide(on_levels("read", "secret", "top_secret"))

test_append_up if decide(on_levels("append", "secret", "top_secret"))

test_no_append_down if not decide(on_levels("append", "secret", "confidential"))

test_write_at_the_level_only if {
	decide(on_levels("write", "secret", "secret"))
	not decide(on_levels("write", "secret", "top_secret"))
	not decide(on_levels("write", "secret", "confidential"))
}

test_read_needs_every_compartment if {
	decide(on_categories("read", ["a", "b"], ["b"]))
	not decide(on_categories("read", ["a"], ["a", "b"]))
}

test_append_keeps_every_compartment if {
	decide(on_categories("append", ["b"], ["a", "b"]))
	not decide(on_categories("append", ["a", "b"], ["a"]))
}

test_compartments_on_both_sides_or_none if {
	not decide(object.union(on_levels("read", "secret", "secret"), {"clearance_categories": ["a"]}))
	not decide(object.union(on_levels("append", "secret", "secret"), {"label_categories": ["a"]}))
	not decide(on_categories("read", ["a"], null))
	not decide(on_categories("read", null, ["a"]))
	decide(on_categories("read", null, null))
}

test_compartments_are_lists_of_texts if {
	not decide(on_categories("read", "a", "a"))
	not decide(on_categories("read", [1], [1]))
	not decide(on_categories("read", {"a": "a"}, {"a": "a"}))
}

test_unknown_level if not decide(on_levels("read", "cosmic", "cosmic"))

test_unknown_access if not decide(on_levels("execute", "secret", "secret"))

test_nothing_said if {
	not decide({})
	not bell_lapadula.allow with input as {}
}
