package rego_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"testing/fstest"

	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestPolicyDigestIsAsDocumented computes the digest by hand, as an auditor
// would.
func TestPolicyDigestIsAsDocumented(t *testing.T) {
	engine, err := rego.ReadBundle(bytes.NewReader(tarGz(t, files(
		"/b.rego", yes, "/a.rego", "package a\n", "/x/data.json", "[1]", "/data.yaml", "y: 2\n", "/.manifest", "{}"))))
	if err != nil {
		t.Fatal(err)
	}
	number := func(n int) string { return "\x00\x00\x00\x00\x00\x00\x00" + string(rune(n)) }
	framed := func(s string) string { return number(len(s)) + s }
	sum := sha256.Sum256([]byte("kest rego policies 2\n" +
		number(2) + framed("a.rego") + framed("package a\n") + framed("b.rego") + framed(yes) +
		number(2) + framed("data.yaml") + framed("y: 2\n") + framed("x/data.json") + framed("[1]") +
		number(1) + framed(".manifest") + framed("{}")))
	if got, want := engine.PolicyDigest(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("PolicyDigest() = %s, want %s", got, want)
	}
}

func TestPolicyDigestChangesWithEveryPart(t *testing.T) {
	seen := map[string]string{}
	for name, list := range map[string][]string{
		"base":                    {"a.rego", yes},
		"another path":            {"b.rego", yes},
		"another source":          {"a.rego", yes + "\n"},
		"another module":          {"a.rego", yes, "b.rego", "package b\n"},
		"moved text":              {"a.rego", yes + "# b", "b.rego", "package b\n"},
		"data":                    {"a.rego", yes, "data.json", "{}"},
		"other data":              {"a.rego", yes, "data.json", "{ }"},
		"data elsewhere":          {"a.rego", yes, "x/data.json", "{}"},
		"data as YAML":            {"a.rego", yes, "data.yaml", "{}"},
		"manifest":                {"a.rego", yes, ".manifest", "{}"},
		"manifest and data":       {"a.rego", yes, ".manifest", "{}", "data.json", "{}"},
		"another manifest":        {"a.rego", yes, ".manifest", `{"revision":"2"}`},
		"manifest, proto":         {"a.rego", yes, ".manifest.pb", ""},
		"data with a module's":    {"a.rego", yes, "x/data.json", `"` + "package b" + `"`},
		"module with that data's": {"a.rego", yes, "x/data.rego", "package b\n"},
	} {
		engine, err := rego.ReadBundle(bytes.NewReader(tarGz(t, files(list...))))
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[engine.PolicyDigest()]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[engine.PolicyDigest()] = name
	}
}

// TestPolicyDigestKnowsModulesFromData: a module and a data document of one path and
// one content are two sets of policies.
func TestPolicyDigestKnowsModulesFromData(t *testing.T) {
	const text = "package b\n" // Rego, and a text in YAML
	asModule, err := rego.New(map[string]string{"a.rego": yes, "b/data.yaml": text})
	if err != nil {
		t.Fatal(err)
	}
	asData, err := rego.Load(fstest.MapFS{"a.rego": file(yes), "b/data.yaml": file(text)})
	if err != nil {
		t.Fatal(err)
	}
	if asModule.PolicyDigest() == asData.PolicyDigest() {
		t.Error("they have one digest")
	}
	// The signature of a bundle is about how it came, not about what is in it.
	signed, err := rego.ReadBundle(bytes.NewReader(tarGz(t, files("a.rego", yes, "b/data.yaml", text, ".signatures.json", "{}"))))
	if err != nil || signed.PolicyDigest() != asData.PolicyDigest() {
		t.Errorf("a signed bundle has another digest than its folder: %v", err)
	}
	if (*rego.Engine)(nil).PolicyDigest() != "" {
		t.Error("no engine has a digest")
	}
}
