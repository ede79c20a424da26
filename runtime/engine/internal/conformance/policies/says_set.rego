package kest.says_set

allow contains "everyone"
