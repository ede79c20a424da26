package rego_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestPolicyDigestIsAsDocumented computes the digest by hand, as an auditor
// would.
func TestPolicyDigestIsAsDocumented(t *testing.T) {
	engine, err := rego.New(map[string]string{"b.rego": yes, "a.rego": "package a\n"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("kest rego modules 1\n" +
		"\x00\x00\x00\x00\x00\x00\x00\x06a.rego" + "\x00\x00\x00\x00\x00\x00\x00\x0apackage a\n" +
		"\x00\x00\x00\x00\x00\x00\x00\x06b.rego" + "\x00\x00\x00\x00\x00\x00\x00\x20" + yes))
	if got, want := engine.PolicyDigest(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("PolicyDigest() = %s, want %s", got, want)
	}
}

func TestPolicyDigestChangesWithEveryPart(t *testing.T) {
	seen := map[string]string{}
	for name, modules := range map[string]map[string]string{
		"base":           {"a.rego": yes},
		"another path":   {"b.rego": yes},
		"another source": {"a.rego": yes + "\n"},
		"another module": {"a.rego": yes, "b.rego": "package b\n"},
		"moved text":     {"a.rego": yes + "# b", "b.rego": "package b\n"},
	} {
		engine, err := rego.New(modules)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[engine.PolicyDigest()]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[engine.PolicyDigest()] = name
	}
}
