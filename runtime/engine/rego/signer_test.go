package rego_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/kestgo/kest/runtime/engine/rego"
)

// signer is who signs bundles, with OPA's own signer.
type signer struct {
	private, public []byte // PEM
	algorithm       string
}

func newSigner(t testing.TB, key crypto.Signer, algorithm string) signer {
	t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{block("PRIVATE KEY", private), block("PUBLIC KEY", public), algorithm}
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func ed25519Signer(t testing.TB) signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return newSigner(t, key, "EdDSA")
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // to make keys that are too short
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecdsaKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// config is the signer as OPA has it, with a scope if it is not empty.
func (s signer) config(t testing.TB, scope string) *bundle.SigningConfig {
	t.Helper()
	claims := ""
	if scope != "" {
		claims = filepath.Join(t.TempDir(), "claims.json")
		if err := os.WriteFile(claims, []byte(fmt.Sprintf(`{"scope":%q}`, scope)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return bundle.NewSigningConfig(string(s.private), s.algorithm, claims)
}

// signatures is a .signatures.json over these files by the key id "ci".
func (s signer) signatures(t testing.TB, list map[string]string, hash bundle.HashingAlgorithm, scope string) string {
	t.Helper()
	hasher, err := bundle.NewSignatureHasher(hash)
	if err != nil {
		t.Fatal(err)
	}
	var infos []bundle.FileInfo
	for _, name := range slices.Sorted(maps.Keys(list)) {
		var value any = []byte(list[name])
		if bundle.IsStructuredDoc(name) {
			if err := util.Unmarshal([]byte(list[name]), &value); err != nil {
				t.Fatal(err)
			}
		}
		digest, err := hasher.HashFile(value)
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, bundle.NewFile(name, hex.EncodeToString(digest), hash.String()))
	}
	token, err := bundle.GenerateSignedToken(infos, s.config(t, scope), "ci")
	if err != nil {
		t.Fatal(err)
	}
	return signaturesOf(t, token)
}

func signaturesOf(t testing.TB, tokens ...string) string {
	t.Helper()
	text, err := json.Marshal(bundle.SignaturesConfig{Signatures: tokens})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// otherKey is a public key whose private key nobody has.
var otherKey = rego.BundleKey{ID: "k", PEM: []byte(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`)}
