# Rego v1 without a policy of its own, imported by the others.
package kest.lib

limit := 1000

forbidden := {"secret", "malware"}

known_users contains user if some user in ["alice", "bob"]
