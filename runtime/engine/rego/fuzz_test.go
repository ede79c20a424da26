package rego

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// FuzzBundle: whatever the archive, there are sources that can be read or an error,
// in bounded memory, and with keys there is an error. The fuzzer works on the tar,
// since it would not find its way through a checksum, and on the files of a bundle
// one by one.
func FuzzBundle(f *testing.F) {
	keys := &bundleKeys{list: []BundleKey{{ID: "k", PEM: []byte(unusedKey)}}}
	if err := keys.check(); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("a.rego"), `{"roots":["a"],"rego_version":1}`, `{"a":[1]}`, `{"signatures":["eyJraWQiOiJrIn0.e30.AA"]}`)
	f.Add(make([]byte, 1024), `{"file_rego_versions":{"/*":0}}`, "a: &x [1]\nb: *x", `{"plugin":"x"}`)
	f.Fuzz(func(t *testing.T, archive []byte, manifest, data, signatures string) {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(archive); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		for _, packed := range [][]byte{archive, b.Bytes()} {
			if files, err := unpack(bytes.NewReader(packed)); err == nil {
				checkSources(t, files, keys)
			}
		}
		checkSources(t, []file{
			{path: bundle.ManifestExt, text: manifest}, {path: "a.rego", text: "package a\nallow := true\n", name: "/a.rego"},
			{path: "x/data.yaml", text: data}, {path: "y/data.json", text: data}, {path: signaturesFile, text: signatures},
		}, keys)
	})
}

func checkSources(t *testing.T, files []file, keys *bundleKeys) {
	t.Helper()
	if _, err := bundleSources(files, keys); err == nil {
		t.Error("verified without the private key")
	}
	src, err := bundleSources(files, nil)
	if err != nil {
		return
	}
	if c, err := src.understand(); err == nil && (len(c.modules) == 0 || c.store.root == nil) {
		t.Error("neither sources nor an error")
	}
}

// unusedKey is a public key whose private key nobody has.
const unusedKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`
