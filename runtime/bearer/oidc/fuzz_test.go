package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// FuzzAuthenticate: no text but the one token that the issuer signed is valid.
func FuzzAuthenticate(f *testing.F) {
	key := pairs()["EdDSA"]
	i := newIssuer(f, key.public())
	a := i.authenticator(f, oidc.Config{})
	good := key.token(f, i.claims(nil))
	f.Add(good)
	f.Add(strings.ToUpper(good))
	f.Add(encode(`{"alg":"none"}`) + "." + strings.Split(good, ".")[1] + ".")
	f.Add("..")
	f.Add(`{"payload":"e30","protected":"e30","signature":""}`)
	f.Fuzz(func(t *testing.T, token string) {
		ctx, err := a.Authenticate(t.Context(), token)
		if token == good {
			check(t, err)
			return
		}
		if ctx != nil || !errors.Is(err, bearer.ErrInvalidToken) {
			t.Fatalf("got %v", err)
		}
	})
}

// FuzzClaims holds the strict reader against encoding/json: of claims that are
// accepted, any reader reads what ours does.
func FuzzClaims(f *testing.F) {
	key := pairs()["EdDSA"]
	i := newIssuer(f, key.public())
	a := i.authenticator(f, oidc.Config{})
	for _, c := range []changes{nil, {"aud": []string{audience}}, {"act": changes{"sub": "b"}}, {"scope": []string{"a", "b"}}, {"sub": 1}, {"exp": 1}} {
		payload, err := json.Marshal(i.claims(c))
		check(f, err)
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		ctx, err := a.Authenticate(t.Context(), key.sign(t, key.header(), string(payload)))
		if err != nil {
			if ctx != nil || !errors.Is(err, bearer.ErrInvalidToken) {
				t.Fatalf("got %v", err)
			}
			return
		}
		var all map[string]any
		check(t, json.Unmarshal(payload, &all))
		agent, _ := all["client_id"].(string)
		if agent == "" {
			agent, _ = all["azp"].(string)
		}
		if act, ok := all["act"].(map[string]any); ok {
			agent, _ = act["sub"].(string)
		}
		if all["iss"] != i.url || all["sub"] != kest.User(ctx) || agent != kest.Agent(ctx) {
			t.Fatalf("%q: got %q, %q", payload, kest.User(ctx), kest.Agent(ctx))
		}
		if end, ok := all["exp"].(float64); !ok || end < float64(i.clock.now().Unix()-31) {
			t.Fatalf("%q has ended", payload)
		}
	})
}

// FuzzKeys: whatever an issuer answers, a token of another's key is not valid.
func FuzzKeys(f *testing.F) {
	key := pairs()["EdDSA"]
	text, err := json.Marshal(key.public())
	check(f, err)
	f.Add(`{"keys":[` + string(text) + `]}`)
	f.Add(`{"keys":[]}`)
	f.Add(`{"keys":[{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString([]byte("x")) + `","kid":"ec"}]}`)
	forged := pairs()["ES256"]
	f.Fuzz(func(t *testing.T, keys string) {
		i := newIssuer(t)
		i.set(func() { i.keys = keys })
		a := i.authenticator(t, oidc.Config{})
		ctx, err := a.Authenticate(t.Context(), forged.token(t, i.claims(nil)))
		if ctx != nil || err == nil {
			t.Fatalf("%q: believed", keys)
		}
	})
}
