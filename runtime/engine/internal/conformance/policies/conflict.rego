package kest.conflict

allow := true if input.trust_score >= 40

allow := false if "contains_data" in input.subject.taints
