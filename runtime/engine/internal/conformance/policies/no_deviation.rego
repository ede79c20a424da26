package kest.no_deviation

default allow := false

allow if count(input.environment.active_deviations) == 0
