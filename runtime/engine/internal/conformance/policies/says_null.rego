package kest.says_null

allow := null
