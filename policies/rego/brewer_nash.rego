# Brewer–Nash, the Chinese wall: who has seen one company's data does not come
# near that of its competitors. Datasets have labels, such as wall:banks:acme,
# and the history is the labels among the taints of the lineage, and those in the
# attribute history.
#
#   access     read | append | write
#   dataset    the label of the dataset of this object
#   conflicts  list: the labels of the other datasets in its conflict class
#   others     list, for append and write: the labels of all other datasets
#   history    list, optional: what the subject accessed outside this lineage
package kest.brewer_nash

import rego.v1

default allow := false

allow if {
	attributes.access in {"read", "append", "write"}
	recorded
	apart("conflicts")
	star_property
}

# An access that leaves no trace would not be held against the next one, so the
# label has to be in the history already: among the taints that this call adds.
recorded if attributes.dataset in history

# Writing to one dataset what was read in another carries it over the wall for
# somebody who may read both. Sanitized information is that whose label a
# sanitizer has removed.
star_property if attributes.access == "read"

star_property if apart("others")

apart(key) if {
	texts(attributes[key])
	count(history & {label | some label in attributes[key]}) == 0
}

history := {taint | some taint in input.subject.taints} | accessed if is_array(input.subject.taints)

accessed := {label | some label in attributes.history} if texts(attributes.history)

accessed := set() if not given

given if attributes.history != null

# A label that is no text would be found in no history.
texts(list) if {
	is_array(list)
	every element in list {
		is_string(element)
	}
}

attributes := input.object.attributes
