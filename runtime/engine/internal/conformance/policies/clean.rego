package kest.clean

default allow := false

allow if not "malware" in input.subject.taints
