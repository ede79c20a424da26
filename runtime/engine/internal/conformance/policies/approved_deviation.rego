package kest.approved_deviation

default allow := false

allow if {
	some deviation in input.environment.active_deviations
	deviation.tier == "enterprise"
	endswith(deviation.approver, "@example.org")
}
