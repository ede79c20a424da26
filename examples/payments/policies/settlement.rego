# Rego v1, beside the v0 module of allow_trusted.rego.
package payments.settlement

default allow := false

# Nothing unvalidated is paid, and nothing beyond the limit of one invoice.
allow if {
	not "unvalidated" in input.subject.taints
	input.object.attributes.amount <= 10000
}
