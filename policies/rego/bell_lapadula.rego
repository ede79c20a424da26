# Bell–LaPadula: nothing secret is read by who is not cleared for it, and nothing
# read is written to where the less cleared can read it.
#
#   access                read | append | write
#   clearance, label      a level, see below
#   clearance_categories  lists of compartments; both of them or neither
#   label_categories
package kest.bell_lapadula

import rego.v1

default allow := false

allow if {
	required := effects[attributes.access]
	every effect in required {
		permitted(effect)
	}
}

# append alters without observing, as in the paper; write does both.
effects := {
	"read": {"observe"},
	"append": {"alter"},
	"write": {"observe", "alter"},
}

# The simple security property: no read up.
permitted("observe") if dominates(clearance, label)

# The *-property: no write down.
permitted("alter") if dominates(label, clearance)

dominates(over, under) if {
	over.rank >= under.rank
	count(under.categories - over.categories) == 0
}

clearance := {"rank": levels[attributes.clearance], "categories": categories("clearance_categories")}

label := {"rank": levels[attributes.label], "categories": categories("label_categories")}

levels := {"unclassified": 0, "confidential": 1, "secret": 2, "top_secret": 3}

# A list that was forgotten on one side only would be the empty set, which every
# clearance covers: so one list without the other has no value.
categories(key) := {category | some category in attributes[key]} if texts(attributes[key])

categories(_) := set() if not compartments

compartments if attributes.clearance_categories != null

compartments if attributes.label_categories != null

texts(list) if {
	is_array(list)
	every element in list {
		is_string(element)
	}
}

attributes := input.object.attributes
