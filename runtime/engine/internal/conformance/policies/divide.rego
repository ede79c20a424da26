package kest.divide

default allow := false

allow if 1 / input.object.attributes.parts > 0
