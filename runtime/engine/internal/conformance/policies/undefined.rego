# No default: allow is undefined when its body is not satisfied.
package kest.undefined

allow if input.trust_score > 100
