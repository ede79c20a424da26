package kest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	kest "github.com/kestgo/kest/runtime"
)

// TestApprover: what LoadConfig checks, for tools and for another time than now.
func TestApprover(t *testing.T) {
	file, err := kest.ParseDeviationFile([]byte(unnamedFile))
	if err != nil {
		t.Fatal(err)
	}
	approval, err := kest.ParseApproval([]byte(approve(t, ciso, unnamedFile)))
	if err != nil {
		t.Fatal(err)
	}
	if approval.KeyID() != thumbprint(ciso) {
		t.Errorf("key id %q, want %q", approval.KeyID(), thumbprint(ciso))
	}
	start, end := time.Unix(1_000_000, 0), time.Unix(2_000_000, 0)
	key := publicKey(ciso)
	key.NotBefore, key.NotAfter = start, end
	keys, err := kest.NewKeySet(publicKey(sre), key)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]bool{
		start.Add(-time.Nanosecond): false, start: true, end.Add(-time.Nanosecond): true, end: false, {}: false,
	} {
		owner, err := file.Approver(approval, keys, at)
		if (err == nil) != want || (owner == ciso) != want || (err != nil && !errors.Is(err, kest.ErrConfig)) {
			t.Errorf("at %v: %q, %v", at, owner, err)
		}
	}

	other, err := kest.ParseDeviationFile([]byte(strings.Replace(residencyFile, ciso, sre, 1)))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := kest.ParseApproval([]byte(approve(t, ciso, strings.Replace(residencyFile, ciso, sre, 1))))
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() (string, error){
		"no file":         func() (string, error) { return (*kest.DeviationFile)(nil).Approver(approval, keys, start) },
		"zero file":       func() (string, error) { return new(kest.DeviationFile).Approver(approval, keys, start) },
		"no approval":     func() (string, error) { return file.Approver(nil, keys, start) },
		"zero approval":   func() (string, error) { return file.Approver(new(kest.Approval), keys, start) },
		"no keys":         func() (string, error) { return file.Approver(approval, nil, start) },
		"zero keys":       func() (string, error) { return file.Approver(approval, new(kest.KeySet), start) },
		"another file":    func() (string, error) { return other.Approver(approval, keys, start) },
		"names another":   func() (string, error) { return other.Approver(theirs, keys, start) },
		"wrong approver":  func() (string, error) { return file.Approver(theirs, keys, start) },
		"nil approval id": func() (string, error) { return (*kest.Approval)(nil).KeyID(), kest.ErrConfig },
	} {
		if owner, err := call(); owner != "" || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: %q, %v, want ErrConfig", name, owner, err)
		}
	}
	for range (*kest.DeviationFile)(nil).Deviations() {
		t.Error("no file has a deviation")
	}
}

// TestApprovalIsADetachedJWS: RFC 7515 appendix F, as another library reads it.
func TestApprovalIsADetachedJWS(t *testing.T) {
	signature := approve(t, ciso, unnamedFile)
	header, _, _ := strings.Cut(signature, "..")
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	if want := `{"alg":"EdDSA","kid":"` + thumbprint(ciso) + `","typ":"kest-deviations+jws"}`; err != nil || string(decoded) != want {
		t.Errorf("header %s, %v, want %s", decoded, err, want)
	}
	object, err := jose.ParseDetached(strings.TrimSuffix(signature, "\n"), []byte(unnamedFile), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	if err := object.DetachedVerify([]byte(unnamedFile), publicKey(ciso).Public); err != nil {
		t.Error(err)
	}
}

// remoteKey is a key that cannot be taken out of its home.
type remoteKey struct {
	public    crypto.PublicKey
	signature []byte
	err       error
}

func (k remoteKey) Public() crypto.PublicKey { return k.public }
func (k remoteKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return k.signature, k.err
}

func TestApproveRefuses(t *testing.T) {
	file, err := kest.ParseDeviationFile([]byte(unnamedFile))
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	locked := errors.New("the HSM is locked")
	mixed := slices.Concat(privateKey(ciso)[:32], privateKey(sre)[32:])
	for name, test := range map[string]struct {
		key  crypto.Signer
		kind error
	}{
		"no key":           {nil, kest.ErrConfig},
		"nil key":          {ed25519.PrivateKey(nil), kest.ErrConfig},
		"cut key":          {privateKey(ciso)[:63], kest.ErrConfig},
		"ECDSA":            {ec, kest.ErrConfig},
		"short public key": {remoteKey{public: ed25519.PublicKey{1}}, kest.ErrConfig},
		"mixed halves":     {mixed, kest.ErrIdentity},
		"cannot sign":      {remoteKey{public: publicKey(ciso).Public, err: locked}, locked},
		"signs nonsense":   {remoteKey{public: publicKey(ciso).Public, signature: make([]byte, 64)}, kest.ErrIdentity},
		"signs nothing":    {remoteKey{public: publicKey(ciso).Public}, kest.ErrIdentity},
	} {
		if signature, err := file.Approve(test.key); signature != nil || !errors.Is(err, test.kind) {
			t.Errorf("%s: %q, %v, want %v", name, signature, err, test.kind)
		}
	}

	two, err := kest.ParseDeviationFile([]byte(`deviations:
  - {scope: a, policy: p, tier: enterprise, reason: r, approver: ciso@example.com}
  - {scope: b, policy: p, tier: enterprise, reason: r}
  - {scope: c, policy: p, tier: enterprise, reason: r, approver: sre@example.com}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]*kest.DeviationFile{"two approvers": two, "no file": nil, "zero file": {}} {
		if signature, err := file.Approve(privateKey(ciso)); signature != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: %q, %v, want ErrConfig", name, signature, err)
		}
	}
}

// TestParseDeviationFileCopies: what was parsed is what is signed.
func TestParseDeviationFileCopies(t *testing.T) {
	data := []byte(unnamedFile)
	file, err := kest.ParseDeviationFile(data)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, bytes.Repeat([]byte("x"), len(data)))
	signature, err := file.Approve(privateKey(ciso))
	if err != nil || string(signature) != approve(t, ciso, unnamedFile) {
		t.Errorf("%q, %v: the caller's bytes were signed", signature, err)
	}
}

// TestSizesAreBounded: tools read files of any size, too.
func TestSizesAreBounded(t *testing.T) {
	padded := unnamedFile + strings.Repeat("#", 128<<10-len(unnamedFile))
	if _, err := kest.ParseDeviationFile([]byte(padded)); err != nil {
		t.Errorf("128 KiB: %v", err)
	}
	if file, err := kest.ParseDeviationFile([]byte(padded + "#")); file != nil || !errors.Is(err, kest.ErrConfig) {
		t.Errorf("more than 128 KiB: %v, want ErrConfig", err)
	}
	if approval, err := kest.ParseApproval(bytes.Repeat([]byte("A"), 1025)); approval != nil || !errors.Is(err, kest.ErrConfig) {
		t.Errorf("an approval of more than 1 KiB: %v, want ErrConfig", err)
	}
}
