package kest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	kest "github.com/kestgo/kest/runtime"
)

// jwk is a valid JWK with changes: a nil value takes a member away.
func jwk(changes map[string]any) string {
	key := map[string]any{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "sub": workload,
		"x": base64.RawURLEncoding.EncodeToString(privateKey(workload).Public().(ed25519.PublicKey)),
	}
	for name, value := range changes {
		if key[name] = value; value == nil {
			delete(key, name)
		}
	}
	text, _ := json.Marshal(key)
	return string(text)
}

func keysFile(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func TestParseKeySetRefuses(t *testing.T) {
	short := base64.RawURLEncoding.EncodeToString(make([]byte, 31))
	identityPoint := "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, test := range map[string]struct{ text, reason string }{
		"empty":              {``, "key set"},
		"not JSON":           {`keys`, "key set"},
		"array":              {`[]`, "key set"},
		"no keys":            {`{"key":[]}`, "JWK Set"},
		"keys no array":      {`{"keys":{}}`, "key set"},
		"bare JWK":           {jwk(nil), "JWK Set"},
		"key no object":      {keysFile(`"x"`), "key 0"},
		"no sub":             {keysFile(jwk(map[string]any{"sub": nil})), "no sub"},
		"empty sub":          {keysFile(jwk(map[string]any{"sub": ""})), "no sub"},
		"sub not a string":   {keysFile(jwk(map[string]any{"sub": 1})), "sub"},
		"RSA":                {keysFile(jwk(map[string]any{"kty": "RSA"})), "OKP"},
		"X25519":             {keysFile(jwk(map[string]any{"crv": "X25519"})), "Ed25519"},
		"other alg":          {keysFile(jwk(map[string]any{"alg": "none"})), "EdDSA"},
		"for encryption":     {keysFile(jwk(map[string]any{"use": "enc"})), "sig"},
		"private":            {keysFile(jwk(map[string]any{"d": short})), "private"},
		"no x":               {keysFile(jwk(map[string]any{"x": nil})), "0 bytes"},
		"x too short":        {keysFile(jwk(map[string]any{"x": short})), "31 bytes"},
		"x padded":           {keysFile(jwk(map[string]any{"x": identityPoint + "="})), "base64url"},
		"x with a newline":   {keysFile(jwk(map[string]any{"x": identityPoint[:10] + "\n" + identityPoint[10:]})), "base64url"},
		"x with spare bits":  {keysFile(jwk(map[string]any{"x": identityPoint[:42] + "B"})), "base64url"},
		"small order":        {keysFile(jwk(map[string]any{"x": identityPoint})), "small order"},
		"wrong kid":          {keysFile(jwk(map[string]any{"kid": workload})), "thumbprint"},
		"empty kid":          {keysFile(jwk(map[string]any{"kid": ""})), "thumbprint"},
		"twice":              {keysFile(jwk(nil), jwk(nil)), "twice"},
		"duplicate member":   {keysFile(strings.Replace(jwk(nil), `{`, `{"sub":"x",`, 1)), "key set"},
		"nbf text":           {keysFile(jwk(map[string]any{"nbf": "now"})), "nbf"},
		"exp fraction":       {keysFile(jwk(map[string]any{"exp": 1.5})), "exp"},
		"exp negative":       {keysFile(jwk(map[string]any{"exp": -1})), "exp"},
		"nbf after exp":      {keysFile(jwk(map[string]any{"nbf": 20, "exp": 10})), "nbf"},
		"text after the end": {keysFile(jwk(nil)) + "x", "key set"},
		"too large":          {keysFile(jwk(nil)) + strings.Repeat(" ", 1<<20), "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kest.ParseKeySet([]byte(test.text))
			if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error = %v, want ErrConfig that holds %q", err, test.reason)
			}
		})
	}
}

func TestKeySetRoundTrip(t *testing.T) {
	nbf, exp := time.Unix(1700000000, 0), time.Unix(1800000000, 0)
	set, err := kest.NewKeySet(
		kest.Key{Subject: workload, Public: privateKey(workload).Public().(ed25519.PublicKey), NotBefore: nbf, NotAfter: exp, Endorsement: "e.y.J"},
		kest.Key{Subject: workload, Public: privateKey("rotated").Public().(ed25519.PublicKey)},
	)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := kest.ParseKeySet(text)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(parsed)
	if string(again) != string(text) || parsed.Len() != 2 {
		t.Errorf("written again:\n%s\nwant\n%s", again, text)
	}
	keys, _ := parsed.Keys(t.Context(), workload, "")
	if len(keys) != 2 || !keys[0].NotBefore.Equal(nbf) || !keys[0].NotAfter.Equal(exp) || keys[0].Endorsement != "e.y.J" {
		t.Errorf("keys = %+v", keys)
	}
	var others jose.JSONWebKeySet
	if err := json.Unmarshal(text, &others); err != nil || len(others.Keys) != 2 || !others.Keys[0].Valid() {
		t.Errorf("go-jose does not read the key set: %v", err)
	}
}

func TestSignerKeepsItsKey(t *testing.T) {
	key := privateKey(workload)
	signer, err := kest.NewSigner(workload, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb, signer) + fmt.Sprintf(verb, *signer)
		for _, secret := range []string{fmt.Sprintf("%x", key.Seed()), fmt.Sprintf("%d", key.Seed())[1:20], fmt.Sprintf("%v", []byte(key))[1:30]} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows the private key: %s", verb, text)
			}
		}
	}
	for i := range key {
		key[i] = 0
	}
	ctx := testContext(t, kest.Config{Identity: brokenIdentity{signer: signer}})
	if err := verifier(t).Verify(ctx, kest.PassportFromContext(enter(t, ctx, hook(kest.HookConfig{})))); err != nil {
		t.Errorf("the signer shares its key with its maker: %v", err)
	}
}

func TestNewSignerRefuses(t *testing.T) {
	mixed := append(append([]byte(nil), privateKey("a")[:32]...), privateKey("b")[32:]...)
	for name, test := range map[string]struct {
		workload string
		key      ed25519.PrivateKey
	}{
		"no workload":        {"", privateKey(workload)},
		"no key":             {workload, nil},
		"seed only":          {workload, privateKey(workload)[:32]},
		"halves of two keys": {workload, mixed},
		"workload not UTF-8": {"\xff", privateKey(workload)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := kest.NewSigner(test.workload, test.key); !errors.Is(err, kest.ErrIdentity) {
				t.Errorf("error = %v, want ErrIdentity", err)
			}
		})
	}
}

func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(keysFile(jwk(nil))))
	f.Add([]byte(keysFile()))
	f.Add([]byte(keysFile(jwk(map[string]any{"nbf": 1, "exp": 2, "endorsement": "x"}))))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := kest.ParseKeySet(data)
		if err != nil {
			if !errors.Is(err, kest.ErrConfig) {
				t.Fatalf("error %v does not match ErrConfig", err)
			}
			return
		}
		text, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := kest.ParseKeySet(text); err != nil || again.Len() != set.Len() {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
	})
}
