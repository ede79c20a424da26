package rego

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/keys"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// A BundleKey is a public key whose owner signs bundles, as with opa sign.
type BundleKey struct {
	// ID is the key id: the kid of the signature, or its claim keyid. A signature
	// that names another one is not verified with this key.
	ID string
	// PEM is the public key, a block PUBLIC KEY (PKIX) or RSA PUBLIC KEY (PKCS #1):
	// RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519.
	PEM []byte
	// Algorithm is the only one that is accepted with this key: RS256, RS384, RS512,
	// PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA. If it is "", it is RS256
	// for RSA, and for the others the one that goes with the key. What the
	// signature's own header says does not count.
	Algorithm string
	// Scope is what the claim scope of the signature must be; "" if it has none. It
	// keeps a bundle that is signed for one environment out of another.
	Scope string
}

// WithBundleVerification lets a bundle load only if it has one signature, by one of
// the keys, over every file in it. It is for [LoadBundle] and [ReadBundle], and an
// error for what has no signatures. As with OPA there is nothing in a signature that
// ends: an older bundle, signed with the same key, is verified too.
func WithBundleVerification(keys ...BundleKey) Option {
	return func(s *settings) {
		if s.keys == nil {
			s.keys = new(bundleKeys)
		}
		s.keys.list = append(s.keys.list, keys...)
	}
}

// bundleKeys are the keys of WithBundleVerification; nil asks for no signature.
type bundleKeys struct {
	list   []BundleKey
	config *bundle.VerificationConfig // by check
}

// check reads the keys and reports all that are unusable.
func (k *bundleKeys) check() error {
	if k == nil {
		return nil
	}
	if len(k.list) == 0 {
		return errors.New("WithBundleVerification: there is no key")
	}
	configs := map[string]*keys.Config{}
	var failed []error
	for i, key := range k.list {
		config, err := key.config()
		switch {
		case key.ID == "":
			err = errors.New("it has no ID: give the kid of the signatures")
		case configs[key.ID] != nil:
			err = errors.New("there are two keys of this ID")
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("WithBundleVerification: key %d, %q: %w", i+1, key.ID, err))
			continue
		}
		configs[key.ID] = config
	}
	k.config = bundle.NewVerificationConfig(configs, "", "", nil)
	return errors.Join(failed...)
}

// config is the key as OPA has it.
func (key *BundleKey) config() (*keys.Config, error) {
	public, err := key.public()
	if err != nil {
		return nil, err
	}
	algorithms, err := algorithmsOf(public)
	if err != nil {
		return nil, err
	}
	algorithm := key.Algorithm
	if algorithm == "" {
		algorithm = algorithms[0]
	}
	if !slices.Contains(algorithms, algorithm) {
		return nil, fmt.Errorf("the algorithm %q does not go with the key: write %s", algorithm, strings.Join(algorithms, ", "))
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return &keys.Config{Key: string(text), Algorithm: algorithm, Scope: key.Scope}, nil
}

func (key *BundleKey) public() (any, error) {
	block, rest := pem.Decode(key.PEM)
	switch {
	case block == nil:
		return nil, errors.New("it is no PEM: give the public key as a block PUBLIC KEY")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("there is more than one PEM block: give each key on its own")
	case block.Type == "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case block.Type == "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return nil, fmt.Errorf("a block %s is no public key: openssl pkey -pubout makes a block PUBLIC KEY", block.Type)
}

// algorithmsOf returns the algorithms for a key, the default first.
func algorithmsOf(public any) ([]string, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 {
			return nil, fmt.Errorf("an RSA key of %d bits is too short: it must have 2048", public.N.BitLen())
		}
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, nil
	case ed25519.PublicKey:
		return []string{"EdDSA"}, nil
	case *ecdsa.PublicKey:
		if name, ok := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[public.Params().Name]; ok {
			return []string{name}, nil
		}
	}
	return nil, errors.New("it is neither RSA, nor ECDSA on P-256, P-384 or P-521, nor Ed25519")
}

// verify says whether one of the keys has signed all files of a bundle and no
// others.
func (k *bundleKeys) verify(files []file, signatures *file) error {
	if k == nil {
		return nil
	}
	if signatures == nil {
		return fmt.Errorf("it is not signed: it has no %s, and WithBundleVerification asks for one", signaturesFile)
	}
	signed, err := k.signedFiles(signatures.text)
	if err != nil {
		return fmt.Errorf("%s: %w", signaturesFile, err)
	}
	for _, f := range files {
		if f.path == signaturesFile {
			continue
		}
		if weak(signed[f.path].Algorithm) {
			return fmt.Errorf("%s: the signature has it by %s, for which two files of one digest can be made: sign with SHA-256", f.path, signed[f.path].Algorithm)
		}
		// The hash of a document is over its value, so OPA parses it.
		if err := checkDocument(f); err != nil {
			return &documentError{f.path, err}
		}
		if err := bundle.VerifyBundleFile(f.path, *bytes.NewBufferString(f.text), signed); err != nil {
			return err
		}
	}
	if len(signed) > 0 { // VerifyBundleFile removes what it has found
		return fmt.Errorf("it lacks files that are signed: %s", strings.Join(slices.Sorted(maps.Keys(signed)), ", "))
	}
	return nil
}

// signedFiles verifies the signature itself and returns what it is over, by path.
func (k *bundleKeys) signedFiles(text string) (map[string]bundle.FileInfo, error) {
	if err := strictjson.Valid([]byte(text), maxDepth); err != nil {
		return nil, err
	}
	var signatures bundle.SignaturesConfig
	if err := json.Unmarshal([]byte(text), &signatures); err != nil {
		return nil, err
	}
	// The plugin is what the bundle asks to be verified by: it is not for the
	// bundle to choose.
	if signatures.Plugin != "" && signatures.Plugin != "_default" {
		return nil, fmt.Errorf("the plugin %q is not supported", signatures.Plugin)
	}
	return new(bundle.DefaultVerifier).VerifyBundleSignature(signatures, k.config)
}

func weak(algorithm string) bool {
	return algorithm == string(bundle.MD5) || algorithm == string(bundle.SHA1)
}
