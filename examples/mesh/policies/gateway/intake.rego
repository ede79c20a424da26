package gateway.intake

default allow := false

allow if input.object.attributes.amount > 0
