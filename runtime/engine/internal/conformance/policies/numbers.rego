package kest.numbers

default allow := false

allow if {
	input.object.attributes.tenth == 0.1
	input.object.attributes.large == 1e21
	input.object.attributes.safe == 9007199254740991
	input.object.attributes.negative < -1
	input.object.attributes.beyond == "9007199254740993"
}
