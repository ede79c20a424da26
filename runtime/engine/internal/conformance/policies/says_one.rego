package kest.says_one

allow := 1
