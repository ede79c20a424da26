package rego_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"testing/fstest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// In a program the file system is an embed.FS:
//
//	//go:embed policies/*.rego
//	var policies embed.FS
func ExampleLoad() {
	policies := fstest.MapFS{
		"trusted.rego": {Data: []byte(`package shop.trusted

default allow := false

allow if input.trust_score >= 40
`)},
		"legacy.rego": {Data: []byte(`package shop.legacy

allow { input.subject.user == "alice" }
`)},
	}
	engine, err := rego.Load(policies)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(engine.Policies())

	input := &kest.PolicyInput{TrustScore: 60, User: "bob", Attributes: []byte("{}")}
	for _, policy := range engine.Policies() {
		allowed, err := engine.Evaluate(context.Background(), policy, input)
		fmt.Println(policy, allowed, err)
	}
	_, err = engine.Evaluate(context.Background(), "shop/trused", input)
	fmt.Println(err)
	// Output:
	// [shop/legacy shop/trusted]
	// shop/legacy false <nil>
	// shop/trusted true <nil>
	// kest: policy engine: unknown policy: rego policy "shop/trused": no package of that path has a rule allow: did you mean "shop/trusted"?
}

// A program loads a file that opa build has made, most often with
// [rego.WithBundleVerification]:
//
//	engine, err := rego.LoadBundle("/etc/kest/bundle.tar.gz",
//		rego.WithBundleVerification(rego.BundleKey{ID: "ci", PEM: publicKey}))
func ExampleReadBundle() {
	engine, err := rego.ReadBundle(bytes.NewReader(archive(map[string]string{
		"shop/limited.rego": `package shop.limited

default allow := false

allow if input.object.attributes.amount <= data.limits[input.subject.user]
`,
		"limits/data.json": `{"alice": 1000, "bob": 50}`,
	})))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"alice", "bob", "carol"} {
		input := &kest.PolicyInput{User: user, Attributes: []byte(`{"amount":100}`)}
		allowed, err := engine.Evaluate(context.Background(), "shop/limited", input)
		fmt.Println(user, allowed, err)
	}
	// Output:
	// alice true <nil>
	// bob false <nil>
	// carol false <nil>
}

// archive is a .tar.gz; writing to memory does not fail.
func archive(files map[string]string) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for name, text := range files {
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
		w.Write([]byte(text))
	}
	w.Close()
	zip.Close()
	return b.Bytes()
}
