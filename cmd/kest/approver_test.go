package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// Who approves deviations in these tests.
const (
	ciso = "ciso@example.com"
	sre  = "sre@example.com"
)

// approverFiles are the keys that approvers have, as openssl writes them, and key
// sets of theirs. They are not in the scripts: others may read what those write.
func approverFiles(t *testing.T) map[string][]byte {
	t.Helper()
	pkcs8 := func(key any) []byte {
		text, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})
	}
	pkix := func(key any) []byte {
		text, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: text})
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	expired := key(ciso)
	expired.NotAfter = time.Unix(1_700_000_000, 0)
	return map[string][]byte{
		"ciso.pem":       pkcs8(private(ciso)),
		"sre.pem":        pkcs8(private(sre)),
		"ec.pem":         pkcs8(ec),
		"ciso.pub.pem":   pkix(public(ciso)),
		"ec.pub.pem":     pkix(ec.Public()),
		"weak.pub.pem":   pkix(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize))),
		"two.pem":        append(pkcs8(private(ciso)), pkcs8(private(sre))...),
		"noise.pem":      pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("noise")}),
		"noise.pub.pem":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("noise")}),
		"encrypted.pem":  pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("noise")}),
		"huge.pem":       append(pkcs8(private(ciso)), bytes.Repeat([]byte("\n"), maxPEMSize)...),
		"approvers.jwks": marshal(t, keySet(t, key(sre), key(ciso))),
		"ciso.jwks":      append(marshal(t, keySet(t, key(ciso))), '\n'),
		"expired.jwks":   marshal(t, keySet(t, expired)),
	}
}

// brokenPipe takes no output.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestApproveShowsFirst: what could not be shown to the approver is not signed.
func TestApproveShowsFirst(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string][]byte{"ciso.pem": approverFiles(t)["ciso.pem"], "q3.yaml": []byte("deviations: [{scope: a, policy: p, tier: platform, reason: r}]")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stderr strings.Builder
	if status := run([]string{"approve", "--key", "ciso.pem", "q3.yaml"}, strings.NewReader(""), brokenPipe{}, &stderr); status != couldNotRun {
		t.Errorf("status %d: %s", status, stderr.String())
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.jws*")); err != nil || len(files) > 0 {
		t.Errorf("%q were written (%v)", files, err)
	}
}

// TestFailedReplacement: a signature that cannot be put in its place leaves no
// other file.
func TestFailedReplacement(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "q3.yaml.jws")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, []byte("signature")); err == nil {
		t.Error("a folder was replaced")
	}
	if err := replaceFile(filepath.Join(dir, "nowhere", "q3.yaml.jws"), nil); err == nil {
		t.Error("a file was written into no folder")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are left (%v), want the folder alone", len(entries), err)
	}
}

// brokenInput is a program that ends with an error.
type brokenInput struct{}

func (brokenInput) Read([]byte) (int, error) { return 0, errors.New("decryption failed") }

func TestUnreadableKey(t *testing.T) {
	for name, stdin := range map[string]io.Reader{"error": brokenInput{}, "nothing": strings.NewReader("")} {
		if key, err := readPrivateKey("-", stdin); key != nil || err == nil {
			t.Errorf("%s: a key and %v", name, err)
		}
	}
}

// TestKeysOfNobody: a name that no JSON can hold.
func TestKeysOfNobody(t *testing.T) {
	var stdout, stderr strings.Builder
	status := run([]string{"keys", "--key", "-", "--sub", "\xff"}, bytes.NewReader(approverFiles(t)["ciso.pem"]), &stdout, &stderr)
	if status != couldNotRun || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "kest: --sub: ") {
		t.Errorf("status %d, %q, %q", status, stdout.String(), stderr.String())
	}
}

// TestWhatApproveWrites: the library finds in order what the command wrote.
func TestWhatApproveWrites(t *testing.T) {
	t.Chdir(t.TempDir())
	file := []byte("deviations: [{scope: a, policy: p, tier: platform, reason: r}]")
	for name, text := range map[string][]byte{"ciso.pem": approverFiles(t)["ciso.pem"], "q3.yaml": file, "approvers.jwks": approverFiles(t)["approvers.jwks"],
		"kest.yaml": []byte("tiers: {platform: [p]}\ndeviation_files: [q3.yaml]\ndeviation_keys: [approvers.jwks]")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stderr strings.Builder
	if status := run([]string{"approve", "--key", "ciso.pem", "q3.yaml"}, strings.NewReader(""), io.Discard, &stderr); status != fine {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	config, err := kest.LoadConfig("kest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for scope, d := range config.Deviations() {
		count++
		if want := (kest.Deviation{Policy: "p", Tier: kest.TierPlatform, Reason: "r", Approver: ciso}); scope != "a" || d != want {
			t.Errorf("deviation %q %+v, want %+v", scope, d, want)
		}
	}
	if count != 1 {
		t.Errorf("%d deviations, want 1", count)
	}
}
