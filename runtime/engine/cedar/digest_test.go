package cedar_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

const yes = "permit(principal, action == Action::\"yes\", resource);\n"

// TestPolicyDigestIsAsDocumented computes the digest by hand, as an auditor
// would.
func TestPolicyDigestIsAsDocumented(t *testing.T) {
	engine := load(t, map[string]string{"b.cedar": yes, "a/entities.json": "[]", "README.md": "not loaded"})
	sum := sha256.Sum256([]byte("kest cedar files 1\n" +
		"\x00\x00\x00\x00\x00\x00\x00\x0fa/entities.json" + "\x00\x00\x00\x00\x00\x00\x00\x02[]" +
		"\x00\x00\x00\x00\x00\x00\x00\x07b.cedar" + "\x00\x00\x00\x00\x00\x00\x00\x36" + yes))
	if got, want := engine.PolicyDigest(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("PolicyDigest() = %s, want %s", got, want)
	}
}

func TestPolicyDigestChangesWithEveryPart(t *testing.T) {
	seen := map[string]string{}
	for name, files := range map[string]map[string]string{
		"base":             {"a.cedar": yes},
		"another path":     {"b.cedar": yes},
		"another text":     {"a.cedar": yes + "\n"},
		"another file":     {"a.cedar": yes, "b.cedar": "// b\n"},
		"moved text":       {"a.cedar": yes + "// b\n", "b.cedar": ""},
		"entities":         {"a.cedar": yes, "entities.json": "[]"},
		"entities, spaced": {"a.cedar": yes, "entities.json": "[ ]"},
		"schema":           {"a.cedar": yes, "x.cedarschema": `entity A; action "yes" appliesTo { principal: A, resource: A };`},
	} {
		digest := load(t, files).PolicyDigest()
		if other, ok := seen[digest]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[digest] = name
	}
}
