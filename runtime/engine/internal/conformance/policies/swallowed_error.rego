# The failed function leaves suspicious undefined. An engine that goes on
# regardless allows.
package kest.swallowed_error

default allow := false

suspicious if to_number(input.object.id) > 5

allow if not suspicious
