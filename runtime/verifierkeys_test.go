package kest_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// TestVerifierKeys: the key comes from the key source, by principal and kid.
func TestVerifierKeys(t *testing.T) {
	token := forge(t, validDocument(1).canonical(t))
	public := privateKey(workload).Public().(ed25519.PublicKey)
	other := privateKey("somebody").Public().(ed25519.PublicKey)
	signedAt := time.UnixMilli(1700000000000)
	for name, test := range map[string]struct {
		keys  []kest.Key
		check kest.Check
	}{
		"right":                 {[]kest.Key{{Subject: workload, Public: public}}, ""},
		"among several":         {[]kest.Key{{Subject: workload, Public: other}, {Subject: workload, Public: public}}, ""},
		"none":                  {nil, kest.CheckKey},
		"right key, wrong name": {[]kest.Key{{Subject: "spiffe://kest.test/other", Public: public}}, kest.CheckKey},
		"wrong key, right name": {[]kest.Key{{Subject: workload, Public: other}}, kest.CheckKey},
		"valid at that time":    {[]kest.Key{{Subject: workload, Public: public, NotBefore: signedAt, NotAfter: signedAt.Add(time.Second)}}, ""},
		"expired":               {[]kest.Key{{Subject: workload, Public: public, NotAfter: signedAt}}, kest.CheckKey},
		"not yet valid":         {[]kest.Key{{Subject: workload, Public: public, NotBefore: signedAt.Add(time.Second)}}, kest.CheckKey},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := kest.NewKeySet(test.keys...)
			if err != nil {
				t.Fatal(err)
			}
			err = (&kest.Verifier{Keys: set}).Verify(t.Context(), parsePassport(t, token))
			if test.check == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantFailure(t, err, 0, test.check)
		})
	}
}

type keySource func(workload, kid string) ([]kest.Key, error)

func (s keySource) Keys(_ context.Context, workload, kid string) ([]kest.Key, error) {
	return s(workload, kid)
}

func TestVerifierKeySourceFails(t *testing.T) {
	p := parsePassport(t, forge(t, validDocument(1).canonical(t)))
	down := errors.New("bundle endpoint is down")
	failing := keySource(func(string, string) ([]kest.Key, error) { return nil, down })
	v := &kest.Verifier{Keys: kest.KeySources{failing, keySet(t, workload)}}
	err := v.Verify(t.Context(), p)
	wantFailure(t, err, 0, kest.CheckKey)
	if !errors.Is(err, down) {
		t.Errorf("error %v hides its cause", err)
	}
	lying := keySource(func(string, string) ([]kest.Key, error) {
		return []kest.Key{{Subject: "spiffe://kest.test/other", Public: privateKey(workload).Public().(ed25519.PublicKey)}}, nil
	})
	wantFailure(t, (&kest.Verifier{Keys: lying}).Verify(t.Context(), p), 0, kest.CheckKey)
	if err := (&kest.Verifier{Keys: kest.KeySources{keySet(t), keySet(t, workload)}}).Verify(t.Context(), p); err != nil {
		t.Errorf("the second of two sources is not asked: %v", err)
	}
}

// TestVerifierForeignKid: a header without kid, or with the workload id as the
// Python runtime writes it, is tried against all keys of the principal.
func TestVerifierForeignKid(t *testing.T) {
	payload := validDocument(1).canonical(t)
	for name, header := range map[string]string{
		"no kid":      `{"alg":"EdDSA","typ":"JWS"}`,
		"workload id": `{"alg": "EdDSA", "typ": "JWS", "kid": "` + workload + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := parsePassport(t, signCompact(privateKey(workload), header, payload))
			v := &kest.Verifier{Keys: keySet(t, workload)}
			if err := v.Verify(t.Context(), p); err != nil {
				t.Error(err)
			}
			v.Keys = keySet(t, "spiffe://kest.test/other")
			wantFailure(t, v.Verify(t.Context(), p), 0, kest.CheckKey)
		})
	}
}

// TestVerifierEmptyKid: an empty kid is neither left out nor the workload id.
func TestVerifierEmptyKid(t *testing.T) {
	token := signCompact(privateKey(workload), `{"alg":"EdDSA","kid":"","typ":"JWS"}`, validDocument(1).canonical(t))
	wantFailure(t, verifier(t).Verify(t.Context(), parsePassport(t, token)), 0, kest.CheckKey)
}

// TestKeySourcesWithoutKid: without a kid all keys of the principal are tried,
// from whatever source.
func TestKeySourcesWithoutKid(t *testing.T) {
	other, err := kest.NewKeySet(kest.Key{Subject: workload, Public: privateKey("retired").Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	p := parsePassport(t, signCompact(privateKey(workload), `{"alg":"EdDSA","typ":"JWS"}`, validDocument(1).canonical(t)))
	v := &kest.Verifier{Keys: kest.KeySources{other, keySet(t, workload)}}
	if err := v.Verify(t.Context(), p); err != nil {
		t.Error(err)
	}
}
