package oidc_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

func TestNewRefuses(t *testing.T) {
	const issuer, keys = "https://login.example.org", "https://login.example.org/keys"
	base := oidc.Config{Issuer: issuer, KeysURL: keys, Audiences: []string{audience}}
	for name, tt := range map[string]struct {
		change func(*oidc.Config)
		want   string
	}{
		"no issuer":              {func(c *oidc.Config) { c.Issuer = "" }, "no Issuer"},
		"no URL as issuer":       {func(c *oidc.Config) { c.Issuer = "login" }, "neither https nor http"},
		"a broken issuer":        {func(c *oidc.Config) { c.Issuer = "https://u:hunter2@%zz/" }, "cannot be parsed"},
		"an issuer with http":    {func(c *oidc.Config) { c.Issuer = "http://login.example.org" }, "use https"},
		"an issuer, no host":     {func(c *oidc.Config) { c.Issuer = "https:///x" }, "no host"},
		"an issuer with a query": {func(c *oidc.Config) { c.Issuer += "?tenant=1" }, "Issuer has a query"},
		"a fragment":             {func(c *oidc.Config) { c.Issuer += "#x" }, "fragment"},
		"a password":             {func(c *oidc.Config) { c.KeysURL = "https://u:hunter2@login.example.org/" }, "user or password"},
		"keys with http":         {func(c *oidc.Config) { c.KeysURL = "http://login.example.org/keys" }, "KeysURL is http"},
		"keys in a file":         {func(c *oidc.Config) { c.KeysURL = "file:///etc/keys" }, "KeysURL is neither"},
		"no audience":            {func(c *oidc.Config) { c.Audiences = nil }, "Audiences"},
		"an empty audience":      {func(c *oidc.Config) { c.Audiences = []string{audience, ""} }, "Audiences"},
		"none":                   {func(c *oidc.Config) { c.Algorithms = []string{"RS256", "none"} }, `"none"`},
		"HS256":                  {func(c *oidc.Config) { c.Algorithms = []string{"HS256"} }, `"HS256"`},
		"an algorithm's case":    {func(c *oidc.Config) { c.Algorithms = []string{"rs256"} }, `"rs256"`},
		"an empty agent":         {func(c *oidc.Config) { c.Claims.Agent = []string{""} }, "Claims.Agent"},
		"no agent":               {func(c *oidc.Config) { c.Claims.Agent = []string{} }, "Claims.Agent"},
		"much leeway":            {func(c *oidc.Config) { c.Leeway = 5*time.Minute + 1 }, "at most 5m0s"},
		"negative leeway":        {func(c *oidc.Config) { c.Leeway = -1 }, "Leeway is -1ns"},
		"a negative time-out":    {func(c *oidc.Config) { c.Timeout = -1 }, "Timeout is -1ns"},
		"MaxStale too short":     {func(c *oidc.Config) { c.MaxStale = time.Minute }, "must not be shorter"},
		"MinInterval too long":   {func(c *oidc.Config) { c.MinInterval = time.Hour }, "must not be longer"},
		"a client for everybody": {func(c *oidc.Config) {
			c.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		}, "InsecureSkipVerify"},
		"keys that nobody uses": {func(c *oidc.Config) { c.InsecureSkipSignature = true }, "both KeysURL and"},
		"several":               {func(c *oidc.Config) { *c = oidc.Config{Leeway: -1} }, "no Issuer"},
	} {
		config := base
		tt.change(&config)
		a, err := oidc.New(t.Context(), config)
		if a != nil || !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
		if name == "several" && (!strings.Contains(err.Error(), "Audiences") || !strings.Contains(err.Error(), "Leeway")) {
			t.Errorf("not all that is wrong: %v", err)
		}
	}
	for name, change := range map[string]func(*oidc.Config){
		"as it is":         func(*oidc.Config) {},
		"loopback":         func(c *oidc.Config) { c.Issuer, c.KeysURL = "http://127.0.0.1:1", "http://localhost:1/keys?a=b" },
		"InsecureHTTP":     func(c *oidc.Config) { c.Issuer, c.KeysURL, c.InsecureHTTP = "http://idp", "http://idp/keys", true },
		"a short MaxAge":   func(c *oidc.Config) { c.MaxAge = time.Second },
		"a long MaxAge":    func(c *oidc.Config) { c.MaxAge = 24 * time.Hour },
		"other algorithms": func(c *oidc.Config) { c.Algorithms = []string{"PS512", "ES384"} },
	} {
		config := base
		change(&config)
		if _, err := oidc.New(t.Context(), config); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNotMade: what New did not make allows nobody, and does not panic.
func TestNotMade(t *testing.T) {
	for _, a := range []*oidc.Authenticator{nil, new(oidc.Authenticator)} {
		if ctx, err := a.Authenticate(t.Context(), "a.b.c"); ctx != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("got %v, %v", ctx, err)
		}
		if err := a.Load(t.Context()); !errors.Is(err, kest.ErrConfig) {
			t.Errorf("Load: %v", err)
		}
	}
}

// TestConfigIsCopied: what a caller does with its slices later changes nothing.
func TestConfigIsCopied(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	config := oidc.Config{Audiences: []string{audience}, Algorithms: []string{"ES256"}, Claims: oidc.Claims{Agent: []string{"client_id"}}}
	a := i.authenticator(t, config)
	config.Audiences[0], config.Algorithms[0], config.Claims.Agent[0] = "x", "RS256", "jti"
	checkPrincipal(t, a, key.token(t, i.claims(nil)), "alice", "gateway", "read write")
}

// TestInsecureSkipSignature: without a provider, everything but the signature is
// checked, the log says it, and in production there is no such thing.
func TestInsecureSkipSignature(t *testing.T) {
	log, written := logger()
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	i.set(func() { i.status = 500 }) // nobody asks it
	config := oidc.Config{InsecureSkipSignature: true, Logger: log}
	a := i.authenticator(t, config)
	if !strings.Contains(written.String(), "signatures are not checked") {
		t.Errorf("the log has no warning: %s", written)
	}
	check(t, a.Load(t.Context()))
	unsigned := func(changes map[string]any) string {
		token := key.token(t, i.claims(changes))
		return encode(`{"alg":"none"}`) + token[strings.Index(token, "."):strings.LastIndex(token, ".")+1]
	}
	checkPrincipal(t, a, unsigned(nil), "alice", "gateway", "read write")
	checkPrincipal(t, a, newPair(t, "x").token(t, i.claims(nil)), "alice", "gateway", "read write")
	checkRefused(t, a, unsigned(changes{"aud": "x"}), bearer.ErrInvalidToken, "another audience")
	checkRefused(t, a, unsigned(changes{"iss": "x"}), bearer.ErrInvalidToken, "another issuer")
	checkRefused(t, a, unsigned(changes{"exp": 1}), bearer.ErrInvalidToken, "expired")
	checkRefused(t, a, hs256(`{"alg":"HS256"}`, "{}", nil), bearer.ErrInvalidToken, "not one of Algorithms")
	checkCount(t, i, 0)

	for _, value := range []string{"production", " Production\n"} {
		t.Setenv("KEST_ENV", value)
		config.Issuer, config.Audiences = i.url, []string{audience}
		if a, err := oidc.New(t.Context(), config); a != nil || !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), "production") {
			t.Errorf("in production: %v", err)
		}
	}
}
