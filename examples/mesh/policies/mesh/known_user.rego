# Platform tier: nothing runs on behalf of nobody.
package mesh.known_user

default allow := false

allow if is_string(input.subject.user)
