package kest.says_yes

allow := "true"
