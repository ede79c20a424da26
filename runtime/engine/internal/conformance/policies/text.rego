package kest.text

default allow := false

allow if input.object.attributes["ключ \"1\""] == "a\nb\\c\u0001😀"
