package kest.clark_wilson_test

import rego.v1

import data.kest.clark_wilson

base := {
	"subject": {"user": "alice", "taints": []},
	"object": {"attributes": {
		"cdi": "accounts",
		"triples": [
			{"user": "alice", "tp": "transfer", "cdi": "accounts"},
			{"user": "bob", "tp": "audit", "cdi": "ledger"},
		],
		"separated_from": ["carol"],
	}},
	"environment": {"operation": "transfer", "classification": "system", "source_type": "internal", "is_root": false},
}

decide(changes) if clark_wilson.allow with input as object.union(base, changes)

with_attribute(key, value) := {"object": {"attributes": {key: value}}}

test_certified if decide({})

test_another_part_of_the_triple if {
	not decide({"subject": {"user": "bob"}})
	not decide({"environment": {"operation": "audit"}})
	not decide(with_attribute("cdi", "ledger"))
}

test_nobody if {
	not decide({"subject": {"user": null}})
	not decide({
		"subject": {"user": null},
		"object": {"attributes": {"triples": [{"user": null, "tp": "transfer", "cdi": "accounts"}]}},
	})
}

test_separated if not decide(with_attribute("separated_from", ["alice"]))

test_separation_is_a_list_of_texts if {
	every value in [null, "carol", {"a": "carol"}, [["alice"]], [7]] {
		not decide(with_attribute("separated_from", value))
	}
}

test_unvalidated if not decide({"subject": {"taints": ["unvalidated"]}})

test_takes_in_from_outside if {
	every source in ["user_input", "internet", "llm", "third_party_api", "partner_feed"] {
		not decide({"environment": {"source_type": source}})
		decide({"environment": {"source_type": source, "classification": "sanitizer"}})
	}
}

test_inside if {
	every source in ["system", "internal", "verified_rag", ""] {
		decide({"environment": {"source_type": source}})
	}
}

test_root_without_a_source if not decide({"environment": {"source_type": "", "is_root": true}})

test_item_is_a_text if {
	every value in [null, 7, ["accounts"]] {
		not decide(with_attribute("cdi", value))
	}
}

test_triples_are_a_list if {
	every value in [null, "alice", [], {"a": base.object.attributes.triples[0]}, [["alice", "transfer", "accounts"]]] {
		not decide(with_attribute("triples", value))
	}
}

test_members_missing_in_the_document if {
	some_missing := {
		object.union(object.remove(base, ["subject"]), {"subject": {"user": "alice"}}),
		object.union(
			object.remove(base, ["environment"]),
			{"environment": {"operation": "transfer", "classification": "system", "source_type": ""}},
		),
	}
	every document in some_missing {
		not clark_wilson.allow with input as document
	}
}

test_nothing_said if not clark_wilson.allow with input as object.union(object.remove(base, ["object"]), {"object": {"attributes": {}}})
