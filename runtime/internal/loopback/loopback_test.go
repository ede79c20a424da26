package loopback_test

import (
	"testing"

	"github.com/kestgo/kest/runtime/internal/loopback"
)

func TestIs(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost":           true,
		"127.0.0.1":           true,
		"127.255.255.254":     true,
		"::1":                 true,
		"":                    false,
		"0.0.0.0":             false,
		"::":                  false,
		"128.0.0.1":           false,
		"127.1":               false,
		"127.0.0.1.":          false,
		"127.0.0.1:80":        false,
		"[::1]":               false,
		"localhost.":          false,
		"localhost.localhost": false,
		"127.0.0.1.nip.io":    false,
	} {
		if got := loopback.Is(host); got != want {
			t.Errorf("%q: got %t", host, got)
		}
	}
}
