package oidc_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// TestForgeries: tokens that an attacker makes who has no key of the issuer.
func TestForgeries(t *testing.T) {
	rsaKey, ecKey := pairs()["RS256"], pairs()["ES256"]
	i := newIssuer(t, rsaKey.public(), ecKey.public())
	a := i.authenticator(t, oidc.Config{})
	mallory := newPair(t, "ec")
	payload, err := json.Marshal(i.claims(changes{"sub": "administrator"}))
	check(t, err)
	claims := string(payload)
	good := ecKey.token(t, i.claims(nil))
	parts := strings.Split(good, ".")

	der, err := x509.MarshalPKIXPublicKey(rsaKey.private.Public())
	check(t, err)
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	modulus := rsaKey.private.Public().(*rsa.PublicKey).N.Bytes()
	jwk, err := json.Marshal(mallory.public())
	check(t, err)

	// Where an attacker would have keys fetched from.
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a token decides where keys are asked for")
	}))
	defer evil.Close()

	ec := func(members string) string { return `{"alg":"ES256","kid":"ec"` + members + `}` }
	for name, tt := range map[string]struct{ token, want string }{
		"no signature":            {encode(`{"alg":"none"}`) + "." + encode(claims) + ".", "not one of Algorithms"},
		"no signature, written":   {encode(`{"alg":"nOnE","kid":"ec"}`) + "." + encode(claims) + ".", "not one of Algorithms"},
		"the signature left out":  {parts[0] + "." + parts[1] + ".", "not one of the issuer's"},
		"HS256 with the PEM":      {hs256(`{"alg":"HS256","kid":"rsa"}`, claims, pemKey), "not one of Algorithms"},
		"HS256 with the DER":      {hs256(`{"alg":"HS256","kid":"rsa"}`, claims, der), "not one of Algorithms"},
		"HS256 with the modulus":  {hs256(`{"alg":"HS256"}`, claims, modulus), "not one of Algorithms"},
		"HMAC under another name": {hs256(`{"alg":"RS256","kid":"rsa"}`, claims, pemKey), "not one of the issuer's"},
		"another key":             {mallory.sign(t, ec(""), claims), "not one of the issuer's"},
		"another key, no kid":     {mallory.sign(t, `{"alg":"ES256"}`, claims), "not one of the issuer's"},
		"a key of another kind":   {rsaKey.sign(t, `{"alg":"RS256","kid":"ec"}`, claims), "no key of its key id"},
		"another's algorithm":     {ecKey.sign(t, `{"alg":"EdDSA","kid":"ec"}`, claims), "no key of its key id"},
		"an unknown kid":          {mallory.sign(t, `{"alg":"ES256","kid":"mallory"}`, claims), "no key of its key id"},
		"a kid that is a path":    {mallory.sign(t, `{"alg":"ES256","kid":"../../dev/null"}`, claims), "no key of its key id"},
		"a kid that is SQL":       {mallory.sign(t, `{"alg":"ES256","kid":"' OR 1=1 --"}`, claims), "no key of its key id"},
		"a kid that is a URL":     {mallory.sign(t, `{"alg":"ES256","kid":"`+evil.URL+`"}`, claims), "no key of its key id"},
		"a kid of no text":        {mallory.sign(t, `{"alg":"ES256","kid":["ec"]}`, claims), "kid that is not a text"},
		"an empty kid":            {ecKey.sign(t, `{"alg":"ES256","kid":""}`, claims), "or is empty"},
		"a kid twice":             {mallory.sign(t, ec(`,"kid":"x"`), claims), "JSON without doubt"},
		"jku":                     {mallory.sign(t, ec(`,"jku":"`+evil.URL+`"`), claims), "not one of the issuer's"},
		"x5u":                     {mallory.sign(t, ec(`,"x5u":"`+evil.URL+`"`), claims), "not one of the issuer's"},
		"jwk":                     {mallory.sign(t, ec(`,"jwk":`+string(jwk)), claims), "not one of the issuer's"},
		"jwk, no kid":             {mallory.sign(t, `{"alg":"ES256","jwk":`+string(jwk)+`}`, claims), "not one of the issuer's"},
		"a broken jwk":            {ecKey.sign(t, ec(`,"jwk":{"kty":"EC"}`), claims), "not a signed JWT"},
		"crit":                    {ecKey.sign(t, ec(`,"crit":["exp"],"exp":1`), claims), "must be understood"},
		"an empty crit":           {ecKey.sign(t, ec(`,"crit":[]`), claims), "must be understood"},
		"an unencoded payload":    {ecKey.sign(t, ec(`,"b64":false`), claims), "has b64"},
		"a nested JWT":            {ecKey.sign(t, ec(`,"cty":"JWT"`), good), "has cty"},
		"a type of no text":       {ecKey.sign(t, ec(`,"typ":1`), claims), "typ that is not a text"},
		"a logout":                {ecKey.sign(t, ec(`,"typ":"logout+jwt"`), claims), "for another purpose"},
		"a proof":                 {ecKey.sign(t, ec(`,"typ":"dpop+jwt"`), claims), "for another purpose"},
		"an event":                {ecKey.sign(t, ec(`,"typ":"application/secevent+jwt"`), claims), "for another purpose"},
		"no algorithm":            {ecKey.sign(t, `{"kid":"ec"}`, claims), "not one of Algorithms"},
		"an algorithm of no text": {ecKey.sign(t, `{"alg":1}`, claims), "alg that is not a text"},
		"a header of no object":   {ecKey.sign(t, `["ES256"]`, claims), "header is not an object"},
		"a header of no JSON":     {ecKey.sign(t, `ES256`, claims), "header is not JSON"},
		"other claims":            {parts[0] + "." + encode(claims) + "." + parts[2], "not one of the issuer's"},
		"two parts":               {parts[0] + "." + parts[1], "three parts"},
		"five parts":              {good + "." + parts[1] + "." + parts[2], "three parts"},
		"the JSON form":           {fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]), "three parts"},
		"padding":                 {good + "==", "not base64url"},
		"a line break":            {parts[0] + ".\n" + parts[1] + "." + parts[2], "not base64url"},
		"space around":            {" " + good, "not base64url"},
		"the other alphabet":      {parts[0] + "." + parts[1] + "." + strings.Repeat("+/", 43), "not base64url"},
		"nothing":                 {"", "three parts"},
		"only dots":               {"..", "header is not JSON"},
		"longer than a token is":  {good + strings.Repeat("A", bearer.MaxTokenSize), "too long"},
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, a, tt.token, bearer.ErrInvalidToken, tt.want) })
	}
	checkPrincipal(t, a, good, "alice", "gateway", "read write")
	// Another text of the same signature: the last character has bits to spare.
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[len(good)-1])
	other := good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last|1])
	if raw, err := base64.RawURLEncoding.DecodeString(strings.Split(other, ".")[2]); err != nil || other == good || len(raw) != 64 {
		t.Fatalf("the test makes no other text: %v", err)
	}
	checkRefused(t, a, other, bearer.ErrInvalidToken, "not base64url")
}

// TestTypes: what a header may say of its token.
func TestTypes(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	payload, err := json.Marshal(i.claims(nil))
	check(t, err)
	plain, strict := i.authenticator(t, oidc.Config{}), i.authenticator(t, oidc.Config{RequireAccessToken: true})
	for typ, isAccess := range map[string]bool{
		"": false, `,"typ":"JWT"`: false, `,"typ":"jwt"`: false,
		`,"typ":"at+jwt"`: true, `,"typ":"AT+JWT"`: true, `,"typ":"application/at+jwt"`: true,
	} {
		token := key.sign(t, `{"alg":"ES256","kid":"ec","x5t":"x","jku":"https://x.example"`+typ+`}`, string(payload))
		checkPrincipal(t, plain, token, "alice", "gateway", "read write")
		if isAccess {
			checkPrincipal(t, strict, token, "alice", "gateway", "read write")
		} else {
			checkRefused(t, strict, token, bearer.ErrInvalidToken, "not of the type at+jwt")
		}
	}
}

// TestKeysThatDoNotFit: keys that the issuer publishes for something else, or that
// are too weak, verify nothing.
func TestKeysThatDoNotFit(t *testing.T) {
	key, spare := pairs()["ES256"], pairs()["EdDSA"]
	secret, err := key.private.(*ecdsa.PrivateKey).Bytes()
	check(t, err)
	for name, change := range map[string]func(members map[string]any){
		"for encryption":      func(m map[string]any) { m["use"] = "enc" },
		"of another alg":      func(m map[string]any) { m["alg"] = "ES384" },
		"for signing only":    func(m map[string]any) { m["key_ops"] = []string{"sign"} },
		"its private part":    func(m map[string]any) { m["d"] = encode(string(secret)) },
		"a shared secret":     func(m map[string]any) { m["kty"], m["k"] = "oct", "AQAB" },
		"another curve":       func(m map[string]any) { m["crv"] = "P-384" },
		"a point nowhere":     func(m map[string]any) { m["x"] = m["y"] },
		"an unknown type":     func(m map[string]any) { m["kty"] = "XYZ" },
		"an unknown curve":    func(m map[string]any) { m["kty"], m["crv"] = "OKP", "Ed448" },
		"another one's chain": func(m map[string]any) { m["x5c"] = []string{"AQAB"} },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			text, err := json.Marshal(key.public())
			check(t, err)
			var members map[string]any
			check(t, json.Unmarshal(text, &members))
			change(members)
			odd, err := json.Marshal(members)
			check(t, err)
			text, err = json.Marshal(spare.public())
			check(t, err)
			i.set(func() { i.keys = `{"keys":[` + string(odd) + `,` + string(text) + `],"other":1}` })
			a := i.authenticator(t, oidc.Config{})
			checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
			// It does not spoil the others of the set.
			checkPrincipal(t, a, spare.token(t, i.claims(nil)), "alice", "gateway", "read write")
		})
	}
	t.Run("a short RSA key", func(t *testing.T) {
		i := newIssuer(t)
		i.set(func() {
			i.keys = `{"keys":[{"kty":"RSA","kid":"rsa","n":"` + encode("\xff"+strings.Repeat("x", 127)) + `","e":"AQAB"}]}`
		})
		a := i.authenticator(t, oidc.Config{})
		checkRefused(t, a, pairs()["RS256"].token(t, i.claims(nil)), bearer.ErrUnavailable, "no key for signatures")
	})
	t.Run("for verifying", func(t *testing.T) {
		i := newIssuer(t)
		point, err := key.private.Public().(*ecdsa.PublicKey).Bytes()
		check(t, err)
		x, y := string(point[1:33]), string(point[33:])
		i.set(func() {
			i.keys = `{"keys":[{"kty":"EC","crv":"P-256","x":"` + encode(x) + `","y":"` + encode(y) + `","kid":"ec","key_ops":["verify"]}]}`
		})
		checkPrincipal(t, i.authenticator(t, oidc.Config{}), key.token(t, i.claims(nil)), "alice", "gateway", "read write")
	})
	t.Run("two of one kid", func(t *testing.T) {
		second := newPair(t, key.id)
		i := newIssuer(t, key.public(), second.public(), jose.JSONWebKey{Key: spare.private.Public(), KeyID: key.id})
		a := i.authenticator(t, oidc.Config{})
		for _, key := range []keyPair{key, second, {key.id, "EdDSA", spare.private}} {
			checkPrincipal(t, a, key.token(t, i.claims(nil)), "alice", "gateway", "read write")
		}
	})
}
