# What is not known is null: it is there, and it is not "".
package kest.nulls

default allow := false

allow if {
	input.subject.user == null
	input.subject.agent == null
	input.subject.task == null
	input.object.id == null
}
