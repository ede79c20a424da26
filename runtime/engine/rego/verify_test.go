package rego_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

// TestSignedBundleOfOPA: what opa build signs, by every algorithm.
func TestSignedBundleOfOPA(t *testing.T) {
	rsaPrivate := rsaKey(t, 2048)
	pkcs1 := newSigner(t, rsaPrivate, "RS256")
	pkcs1.public = block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaPrivate.PublicKey))
	for name, test := range map[string]struct {
		signer    signer
		algorithm string
	}{
		"RS256 by default": {newSigner(t, rsaPrivate, "RS256"), ""},
		"RSA PUBLIC KEY":   {pkcs1, "RS256"},
		"RS384":            {newSigner(t, rsaPrivate, "RS384"), "RS384"},
		"RS512":            {newSigner(t, rsaPrivate, "RS512"), "RS512"},
		"PS256":            {newSigner(t, rsaPrivate, "PS256"), "PS256"},
		"PS384":            {newSigner(t, rsaPrivate, "PS384"), "PS384"},
		"PS512":            {newSigner(t, rsaPrivate, "PS512"), "PS512"},
		"ES256":            {newSigner(t, ecdsaKey(t, elliptic.P256()), "ES256"), ""},
		"ES384":            {newSigner(t, ecdsaKey(t, elliptic.P384()), "ES384"), ""},
		"ES512":            {newSigner(t, ecdsaKey(t, elliptic.P521()), "ES512"), "ES512"},
		"EdDSA":            {ed25519Signer(t), ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, scope := range []string{"", "production"} {
				b := built(t, map[string]string{"/shop/limited.rego": limited}, amounts())
				must(t, b.GenerateSignature(test.signer.config(t, scope), "ci", true))
				content := opaBundle(t, b)
				key := rego.BundleKey{ID: "ci", PEM: test.signer.public, Algorithm: test.algorithm, Scope: scope}
				engine, err := rego.ReadBundle(bytes.NewReader(content), rego.WithBundleVerification(rego.BundleKey{ID: "other", PEM: otherKey.PEM}, key))
				if err != nil {
					t.Fatal(err)
				}
				expect(t, engine, "shop/limited", `{"amount":20}`, true)

				unverified, err := rego.ReadBundle(bytes.NewReader(content))
				if err != nil || unverified.PolicyDigest() != engine.PolicyDigest() {
					t.Errorf("without keys: %v", err)
				}
				key.Scope += "x"
				_, err = rego.ReadBundle(bytes.NewReader(content), rego.WithBundleVerification(key))
				checkError(t, err, kest.ErrConfig, "scope mismatch")
			}
		})
	}
}

// TestNFSECSignatureRefusals: with keys, nothing loads that one of them has not
// signed as it is.
func TestNFSECSignatureRefusals(t *testing.T) {
	ci, mallory := ed25519Signer(t), ed25519Signer(t)
	rsaCI := newSigner(t, rsaKey(t, 2048), "RS256")
	list := map[string]string{"a.rego": yes, "x/data.json": `{"a":1}`, "y/data.yaml": "b: 2", ".manifest": `{"roots":[""]}`, "README.md": "# P"}
	good := ci.signatures(t, list, bundle.SHA256, "")
	// The public key as the secret of an HMAC: the oldest trick on such tokens.
	confused, err := bundle.GenerateSignedToken(nil, bundle.NewSigningConfig(string(ci.public), "HS256", ""), "ci")
	must(t, err)
	var token string
	{
		var config bundle.SignaturesConfig
		must(t, json.Unmarshal([]byte(good), &config))
		token = config.Signatures[0]
	}
	with := func(changes ...string) []entry { // pairs; "" removes a file
		all := maps.Clone(list)
		all[".signatures.json"] = good
		for i := 0; i < len(changes); i += 2 {
			all[changes[i]] = changes[i+1]
			if changes[i+1] == "" {
				delete(all, changes[i])
			}
		}
		var entries []entry
		for _, name := range slices.Sorted(maps.Keys(all)) {
			entries = append(entries, entry{name: name, text: all[name]})
		}
		return entries
	}
	key := rego.BundleKey{ID: "ci", PEM: ci.public}
	load := func(entries []entry, keys ...rego.BundleKey) error {
		_, err := rego.ReadBundle(bytes.NewReader(tarGz(t, entries)), rego.WithBundleVerification(keys...))
		return err
	}
	must(t, load(with(), key))
	must(t, load(with("x/data.json", `{ "a": 1 }`), key)) // OPA signs the value of a document

	for name, test := range map[string]struct {
		entries []entry
		key     rego.BundleKey
		want    string
	}{
		"unsigned":                 {with(".signatures.json", ""), key, "it is not signed: it has no .signatures.json"},
		"signature elsewhere":      {with(".signatures.json", "", "x/.signatures.json", good), key, "x/.signatures.json: it is hidden"},
		"another key":              {with(".signatures.json", mallory.signatures(t, list, bundle.SHA256, "")), key, "failed to verify JWT signature"},
		"another key id":           {with(), rego.BundleKey{ID: "cd", PEM: ci.public}, "verification key corresponding to ID ci not found"},
		"key of another kind":      {with(), rego.BundleKey{ID: "ci", PEM: rsaCI.public}, "failed to verify JWT signature"},
		"other algorithm, one key": {with(".signatures.json", rsaCI.signatures(t, list, bundle.SHA256, "")), rego.BundleKey{ID: "ci", PEM: rsaCI.public, Algorithm: "PS256"}, "failed to verify JWT signature"},
		"HMAC with the public key": {with(".signatures.json", signaturesOf(t, confused)), key, "failed to verify JWT signature"},
		"no algorithm":             {with(".signatures.json", signaturesOf(t, "eyJhbGciOiJub25lIiwia2lkIjoiY2kifQ.e30.")), key, "failed to verify JWT signature"},
		"changed module":           {with("a.rego", yes+"\n"), key, "a.rego: digest mismatch"},
		"changed data":             {with("x/data.json", `{"a":2}`), key, "x/data.json: digest mismatch"},
		"changed YAML":             {with("y/data.yaml", `b: 3`), key, "y/data.yaml: digest mismatch"},
		"data with a member twice": {with("x/data.json", `{"a":2,"a":1}`), key, "x/data.json: duplicate member"},
		"YAML with a bomb":         {with("y/data.yaml", "b: &a 2"), key, "y/data.yaml: line 1: anchors"},
		"changed manifest":         {with(".manifest", `{"roots":["kest"]}`), key, ".manifest: digest mismatch"},
		"manifest as YAML":         {with(".manifest", `roots: [""]`), key, ".manifest: not valid JSON"},
		"changed other file":       {with("README.md", "# Q"), key, "README.md: digest mismatch"},
		"module not listed":        {with("b.rego", "package b\n"), key, "file b.rego not included in bundle signature"},
		"data not listed":          {with("data.json", "{}"), key, "file data.json not included in bundle signature"},
		"other file not listed":    {with("more.txt", "x"), key, "file more.txt not included in bundle signature"},
		"a second manifest":        {with(".manifest.pb", "x"), key, "it has .manifest and .manifest.pb"},
		"file removed":             {with("README.md", ""), key, "it lacks files that are signed: README.md"},
		"files removed":            {with("README.md", "", "x/data.json", ""), key, "it lacks files that are signed: README.md, x/data.json"},
		"MD5":                      {with(".signatures.json", ci.signatures(t, list, bundle.MD5, "")), key, "the signature has it by MD5"},
		"SHA-1":                    {with(".signatures.json", ci.signatures(t, list, bundle.SHA1, "")), key, "the signature has it by SHA-1"},
		"scope not asked for":      {with(".signatures.json", ci.signatures(t, list, bundle.SHA256, "staging")), key, "scope mismatch"},
		"two signatures":           {with(".signatures.json", signaturesOf(t, token, token)), key, "multiple JWTs not supported"},
		"no signature in it":       {with(".signatures.json", "{}"), key, "missing JWT"},
		"no JSON":                  {with(".signatures.json", "x"), key, ".signatures.json: not valid JSON"},
		"no object":                {with(".signatures.json", `[]`), key, ".signatures.json: json: cannot unmarshal"},
		"a member twice":           {with(".signatures.json", `{"signatures":[],"signatures":[]}`), key, ".signatures.json: duplicate member"},
		"no token":                 {with(".signatures.json", signaturesOf(t, "x.y")), key, ".signatures.json: "},
		"cut off":                  {with(".signatures.json", signaturesOf(t, token[:len(token)-4])), key, ".signatures.json: "},
		"plugin":                   {with(".signatures.json", `{"plugin":"mine","signatures":["`+token+`"]}`), key, `the plugin "mine" is not supported`},
		"delta without signature":  {files("patch.json", `{"data":[{"op":"upsert","path":"/x","value":1}]}`), key, "patch.json: it is a delta bundle"},
	} {
		t.Run(name, func(t *testing.T) {
			checkError(t, load(test.entries, test.key), kest.ErrConfig, "the bundle: ", test.want)
		})
	}
}

func TestBundleKeysThatCannotBeUsed(t *testing.T) {
	ci := ed25519Signer(t)
	public := func(key crypto.Signer) []byte { return newSigner(t, key, "").public }
	dsa := "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END PUBLIC KEY-----\n"
	for name, test := range map[string]struct {
		keys []rego.BundleKey
		want []string
	}{
		"none":               {nil, []string{"there is no key"}},
		"no id":              {[]rego.BundleKey{{PEM: ci.public}}, []string{`key 1, "": it has no ID`}},
		"one id twice":       {[]rego.BundleKey{{ID: "a", PEM: ci.public}, {ID: "a", PEM: otherKey.PEM}}, []string{`key 2, "a": there are two keys of this ID`}},
		"all at once":        {[]rego.BundleKey{{ID: "a"}, {ID: "b"}}, []string{`key 1, "a": it is no PEM`, `key 2, "b": it is no PEM`}},
		"private key":        {[]rego.BundleKey{{ID: "a", PEM: ci.private}}, []string{"a block PRIVATE KEY is no public key"}},
		"two blocks":         {[]rego.BundleKey{{ID: "a", PEM: slices.Concat(ci.public, ci.public)}}, []string{"more than one PEM block"}},
		"broken block":       {[]rego.BundleKey{{ID: "a", PEM: block("PUBLIC KEY", []byte("x"))}}, []string{"asn1"}},
		"broken RSA block":   {[]rego.BundleKey{{ID: "a", PEM: block("RSA PUBLIC KEY", []byte("x"))}}, []string{"asn1"}},
		"short RSA":          {[]rego.BundleKey{{ID: "a", PEM: public(rsaKey(t, 1024))}}, []string{"an RSA key of 1024 bits is too short"}},
		"P-224":              {[]rego.BundleKey{{ID: "a", PEM: public(ecdsaKey(t, elliptic.P224()))}}, []string{"it is neither RSA, nor ECDSA on P-256"}},
		"X25519":             {[]rego.BundleKey{{ID: "a", PEM: []byte(dsa)}}, []string{"it is neither RSA"}},
		"algorithm":          {[]rego.BundleKey{{ID: "a", PEM: ci.public, Algorithm: "RS256"}}, []string{`"RS256" does not go with the key: write EdDSA`}},
		"HMAC":               {[]rego.BundleKey{{ID: "a", PEM: ci.public, Algorithm: "HS256"}}, []string{`"HS256" does not go with the key`}},
		"none, as algorithm": {[]rego.BundleKey{{ID: "a", PEM: ci.public, Algorithm: "none"}}, []string{`"none" does not go with the key`}},
		"curve":              {[]rego.BundleKey{{ID: "a", PEM: public(ecdsaKey(t, elliptic.P384())), Algorithm: "ES256"}}, []string{`"ES256" does not go with the key: write ES384`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rego.ReadBundle(bytes.NewReader(tarGz(t, files("a.rego", yes))), rego.WithBundleVerification(test.keys...))
			checkError(t, err, kest.ErrConfig, append(test.want, "WithBundleVerification: ")...)
		})
	}
}

// TestNFSECVerificationIsNotIgnored: where there are no signatures, asking for them
// is a mistake.
func TestNFSECVerificationIsNotIgnored(t *testing.T) {
	option := rego.WithBundleVerification(otherKey)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "yes.rego"), []byte(yes), 0o644))
	_, err := rego.LoadDir(dir, option)
	checkError(t, err, kest.ErrConfig, "use LoadBundle or ReadBundle")
	_, err = rego.Load(os.DirFS(dir), option)
	checkError(t, err, kest.ErrConfig, "use LoadBundle or ReadBundle")
	_, err = rego.Inspect(os.DirFS(dir), option)
	checkError(t, err, kest.ErrConfig, "use LoadBundle or ReadBundle")
	_, err = rego.New(map[string]string{"yes.rego": yes}, option)
	checkError(t, err, kest.ErrConfig, "use LoadBundle or ReadBundle")
}
