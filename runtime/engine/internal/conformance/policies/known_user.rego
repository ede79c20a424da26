package kest.known_user

import data.kest.lib

default allow := false

allow if input.subject.user in lib.known_users
