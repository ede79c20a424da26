package kest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
	"github.com/kestgo/kest/runtime/kesttest"
)

const (
	ciso = "ciso@example.com"
	sre  = "sre@example.com"
)

// unnamedFile leaves its approver to the signature.
const unnamedFile = `deviations:
  - {scope: refund, policy: kest/residency, tier: enterprise, reason: ticket 4711}
`

const signedConfig = tiersConfig + `deviation_files: [d/q3.yaml]
deviation_keys: [approvers.jwks]
`

// approve gives the signature of a file by somebody's key.
func approve(t testing.TB, name, file string) string {
	t.Helper()
	parsed, err := kest.ParseDeviationFile([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := parsed.Approve(privateKey(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(signature)
}

// signAs signs any bytes as an approval, with any header.
func signAs(name, header, file string) string {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(header))
	input := jws.AppendSigningInput(nil, encoded, []byte(file))
	return string(jws.AppendSignature([]byte(encoded+"."), ed25519.Sign(privateKey(name), input)))
}

func thumbprint(name string) string { return publicKey(name).ID() }

func publicKey(name string) kest.Key {
	return kest.Key{Subject: name, Public: privateKey(name).Public().(ed25519.PublicKey)}
}

func jwks(t testing.TB, keys ...kest.Key) string {
	t.Helper()
	set, err := kest.NewKeySet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := set.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSignedDeviation: with deviation_keys, the approver in the signed entry, and
// in what engines see, is the owner of the key.
func TestSignedDeviation(t *testing.T) {
	for name, file := range map[string]string{"approver left out": unnamedFile, "approver given": residencyFile} {
		t.Run(name, func(t *testing.T) {
			config, err := loadFiles(t, map[string]string{
				"kest.yaml":      signedConfig,
				"approvers.jwks": jwks(t, publicKey(sre), publicKey(ciso)),
				"d/q3.yaml":      file,
				"d/q3.yaml.jws":  approve(t, ciso, file),
			})
			if err != nil {
				t.Fatal(err)
			}
			recorder := kesttest.Record(kesttest.Allow())
			config.Engine = recorder
			inside := enter(t, testContext(t, config), hook(kest.HookConfig{Operation: "refund"}))
			want := []kest.Deviation{fromResidency}
			if got := lastEntry(t, inside).PolicyContext.Deviations; !slices.Equal(got, want) {
				t.Errorf("the entry has %+v, want %+v", got, want)
			}
			for _, call := range recorder.Calls() {
				if !slices.Equal(call.Input.Deviations, want) {
					t.Errorf("%s was asked with %+v, want %+v", call.Policy, call.Input.Deviations, want)
				}
			}
		})
	}
}

// TestSignatureEndings: one newline at the end is what editors add.
func TestSignatureEndings(t *testing.T) {
	signature := strings.TrimSuffix(approve(t, ciso, unnamedFile), "\n")
	for ending, want := range map[string]bool{"": true, "\n": true, "\n\n": false, "\r\n": false, " ": false} {
		_, err := loadFiles(t, map[string]string{
			"kest.yaml": signedConfig, "approvers.jwks": jwks(t, publicKey(ciso)),
			"d/q3.yaml": unnamedFile, "d/q3.yaml.jws": signature + ending,
		})
		if (err == nil) != want {
			t.Errorf("ending %q: %v", ending, err)
		}
	}
}

// TestSignedDeviationsRefused: each is a configuration error, so no runtime is
// made; the deviation is never taken for what it says of itself.
func TestSignedDeviationsRefused(t *testing.T) {
	signed := approve(t, ciso, unnamedFile)
	header := func(alg, kid, typ string) string {
		return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, alg, kid, typ)
	}
	past, future := publicKey(ciso), publicKey(ciso)
	past.NotAfter, future.NotBefore = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	both := publicKey(ciso)
	both.Subject = sre
	entry := forgeAs(t, ciso, validDocument(1).canonical(t))

	for name, test := range map[string]struct {
		config   string // added to signedConfig, or instead of it if it has deviation_files
		file     string // "" is unnamedFile
		signed   string // "" for no signature
		approver string // the key set, "" is that of the CISO
		reason   string
	}{
		"unsigned":                {reason: "it is not signed"},
		"empty signature":         {signed: "\n", reason: "three segments"},
		"other bytes":             {file: unnamedFile + "\n", signed: signed, reason: "not over these bytes"},
		"changed scope":           {file: strings.Replace(unnamedFile, "refund", "\"*\"", 1), signed: signed, reason: "not over these bytes"},
		"other key":               {signed: approve(t, "mallory", unnamedFile), reason: "which no approver has"},
		"kid of another":          {signed: signAs("mallory", header("EdDSA", thumbprint(ciso), "kest-deviations+jws"), unnamedFile), reason: "not over these bytes"},
		"key of a workload":       {signed: approve(t, workload, unnamedFile), reason: "which no approver has"},
		"expired key":             {signed: signed, approver: jwks(t, past), reason: "is not valid at"},
		"key of the future":       {signed: signed, approver: jwks(t, future), reason: "is not valid at"},
		"key of two owners":       {signed: signed, approver: jwks(t, publicKey(ciso), both), reason: "a key needs one owner"},
		"typ of an entry":         {signed: signAs(ciso, header("EdDSA", thumbprint(ciso), "JWS"), unnamedFile), reason: "typ"},
		"typ missing":             {signed: signAs(ciso, `{"alg":"EdDSA","kid":"`+thumbprint(ciso)+`"}`, unnamedFile), reason: "typ"},
		"alg none":                {signed: signAs(ciso, header("none", thumbprint(ciso), "kest-deviations+jws"), unnamedFile), reason: "alg"},
		"kid missing":             {signed: signAs(ciso, `{"alg":"EdDSA","typ":"kest-deviations+jws"}`, unnamedFile), reason: "kid"},
		"kid is the name":         {signed: signAs(ciso, header("EdDSA", ciso, "kest-deviations+jws"), unnamedFile), reason: "which no approver has"},
		"not canonical":           {signed: signAs(ciso, `{"typ":"kest-deviations+jws","kid":"`+thumbprint(ciso)+`","alg":"EdDSA"}`, unnamedFile), reason: "canonical"},
		"attached payload":        {signed: strings.Replace(signed, "..", "."+base64.RawURLEncoding.EncodeToString([]byte(unnamedFile))+".", 1), reason: "not detached"},
		"an entry":                {signed: entry, reason: "more than"},
		"entry without payload":   {signed: entry[:strings.IndexByte(entry, '.')] + "." + entry[strings.LastIndexByte(entry, '.'):], reason: "typ"},
		"cut off":                 {signed: signed[:len(signed)-10], reason: "signature"},
		"two signatures":          {signed: signed + signed, reason: "three segments"},
		"too large":               {signed: strings.Repeat("A", 2000), reason: "more than 1024 bytes"},
		"approver is another":     {file: strings.Replace(residencyFile, ciso, sre, 1), signed: approve(t, ciso, strings.Replace(residencyFile, ciso, sre, 1)), reason: "the key that signed it is \"ciso@example.com\"'s"},
		"no deviation":            {file: "deviations: []", signed: signAs(ciso, header("EdDSA", thumbprint(ciso), "kest-deviations+jws"), "deviations: []"), reason: "no deviations"},
		"inline beside":           {config: "deviations: [{scope: a, policy: kest/quota, tier: platform, reason: r, approver: ciso@example.com}]", signed: signed, reason: "line 8: deviation: it is in a file without a signature"},
		"no keys":                 {signed: signed, approver: `{"keys":[]}`, reason: "no keys"},
		"empty list of keys":      {config: tiersConfig + "deviation_files: [d/q3.yaml]\ndeviation_keys: []", signed: signed, reason: "no keys"},
		"null keys":               {config: tiersConfig + "deviation_files: [d/q3.yaml]\ndeviation_keys:", signed: signed, reason: "deviation_keys must be a list"},
		"key file missing":        {config: tiersConfig + "deviation_files: [d/q3.yaml]\ndeviation_keys: [nothing.jwks]", signed: signed, reason: "nothing.jwks"},
		"key twice":               {config: tiersConfig + "deviation_files: [d/q3.yaml]\ndeviation_keys: [approvers.jwks, approvers.jwks]", signed: signed, reason: "stands twice"},
		"no key set":              {signed: signed, approver: `{}`, reason: "approvers.jwks"},
		"private key":             {signed: signed, approver: `{"keys":[{"d":"AA"}]}`, reason: "leaked"},
		"approver is a workload":  {config: "keys: [workloads.jwks]", signed: signed, reason: "an approver needs a key that no workload has"},
		"keys left out":           {config: tiersConfig + "deviation_files: [d/q3.yaml]", signed: signed, reason: "set deviation_keys"},
		"keys left out, no proof": {config: tiersConfig + "deviation_files: [d/q3.yaml]", file: residencyFile, signed: "nonsense", reason: "set deviation_keys"},
		"two unsigned": {
			config: tiersConfig + "deviation_files: [d/q3.yaml, d/q4.yaml]\ndeviation_keys: [approvers.jwks]", signed: signed, reason: "q4.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{
				"kest.yaml":      signedConfig + test.config,
				"approvers.jwks": jwks(t, publicKey(ciso)),
				"workloads.jwks": jwks(t, kest.Key{Subject: workload, Public: publicKey(ciso).Public}),
				"d/q3.yaml":      unnamedFile,
				"d/q4.yaml":      quotaFile,
			}
			if strings.Contains(test.config, "deviation_files") {
				files["kest.yaml"] = test.config
			}
			for file, text := range map[string]string{"d/q3.yaml": test.file, "d/q3.yaml.jws": test.signed, "approvers.jwks": test.approver} {
				if text != "" {
					files[file] = text
				}
			}
			config, err := loadFiles(t, files)
			if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.reason)
			}
			for range config.Deviations() {
				t.Error("there is a deviation beside the error")
			}
		})
	}
}

// TestUnreadableSignature: what cannot be read is not taken for missing.
func TestUnreadableSignature(t *testing.T) {
	for _, config := range []string{signedConfig, tiersConfig + "deviation_files: [d/q3.yaml]\n"} {
		_, err := loadFiles(t, map[string]string{
			"kest.yaml": config, "approvers.jwks": jwks(t, publicKey(ciso)),
			"d/q3.yaml": residencyFile, "d/q3.yaml.jws/folder": "",
		})
		if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "q3.yaml.jws") {
			t.Errorf("error = %v, want ErrConfig that names the signature", err)
		}
	}
}
