package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// TestDiscoveryFails: without keys there is no Authenticator, and the error says
// whether to try again may help.
func TestDiscoveryFails(t *testing.T) {
	for name, tt := range map[string]struct {
		change      func(*issuer)
		unavailable bool
		want        string
	}{
		"unavailable": {func(i *issuer) { i.status = 503 }, true, "503"},
		"not found":   {func(i *issuer) { i.status = 404 }, true, "404"},
		"a redirect":  {func(i *issuer) { i.status, i.headers = 307, map[string]string{"Location": "http://127.0.0.1:1"} }, true, "redirects are not followed"},
		"too large":   {func(i *issuer) { i.discovery = strings.Repeat(" ", 1<<20+1) }, true, "more than 1048576 bytes"},
		"broken off":  {func(i *issuer) { i.headers = map[string]string{"Content-Length": "9999"} }, true, "broke off"},
		"no JSON": {func(i *issuer) {
			i.discovery, i.headers = "<html>", map[string]string{"Content-Type": "x" + strings.Repeat("é", 500)}
		}, false, "discovery"},
		"no HTTP": {func(i *issuer) {
			i.headers = map[string]string{"Content-Type": "x\x1b" + strings.Repeat("é", 500)}
		}, true, "malformed"},
		"another issuer": {func(i *issuer) { i.discovery = `{"issuer":"https://evil.example","jwks_uri":"` + i.url + `/keys"}` }, false, "did not match"},
		"issuer's case":  {func(i *issuer) { i.discovery = `{"Issuer":"` + i.url + `","jwks_uri":"` + i.url + `/keys"}` }, false, "no issuer that is the configured one"},
		"another, and a case": {func(i *issuer) {
			i.discovery = `{"issuer":"https://evil.example","Issuer":"` + i.url + `","jwks_uri":"` + i.url + `/keys"}`
		}, false, "no issuer that is the configured one"},
		"two issuers": {func(i *issuer) {
			i.discovery = `{"issuer":"x","issuer":"` + i.url + `","jwks_uri":"` + i.url + `/keys"}`
		}, false, "without doubt"},
		"no keys":          {func(i *issuer) { i.discovery = `{"issuer":"` + i.url + `"}` }, false, "no jwks_uri"},
		"keys with http":   {func(i *issuer) { i.discovery = `{"issuer":"` + i.url + `","jwks_uri":"http://keys.example/"}` }, false, "jwks_uri is http"},
		"keys as a number": {func(i *issuer) { i.discovery = `{"issuer":"` + i.url + `","jwks_uri":1}` }, false, "discovery"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t, newPair(t, "1").public())
			i.set(func() { tt.change(i) })
			a, err := oidc.New(t.Context(), oidc.Config{Issuer: i.url, Audiences: []string{audience}, Client: i.client, Timeout: limit})
			if a != nil || !errors.Is(err, kest.ErrConfig) || errors.Is(err, bearer.ErrUnavailable) != tt.unavailable || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("the error shows the whole answer: %q", err)
			}
			checkCount(t, i, 0)
		})
	}
	t.Run("refused", func(t *testing.T) {
		_, err := oidc.New(t.Context(), oidc.Config{Issuer: "http://" + testserver.Address(t), Audiences: []string{audience}})
		if !errors.Is(err, bearer.ErrUnavailable) || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("hangs", func(t *testing.T) {
		i := newIssuer(t)
		i.hold = make(chan struct{})
		defer close(i.hold)
		config := oidc.Config{Issuer: i.url, Audiences: []string{audience}, Client: i.client, Timeout: 50 * time.Millisecond}
		_, err := oidc.New(t.Context(), config)
		if !errors.Is(err, bearer.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("got %v", err)
		}
		config.Timeout = limit
		if _, err = oidc.New(canceled(t), config); !errors.Is(err, bearer.ErrUnavailable) || !errors.Is(err, errGone) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRedirectsOfKeys: keys are believed because of where they came from, whatever
// the client that was given would do.
func TestRedirectsOfKeys(t *testing.T) {
	key := newPair(t, "1")
	i := newIssuer(t, key.public())
	evil := newIssuer(t, newPair(t, "1").public())
	i.client.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	a := i.authenticator(t, oidc.Config{})
	i.set(func() { i.status, i.headers = http.StatusFound, map[string]string{"Location": evil.url + "/keys"} })
	checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrUnavailable, "redirects are not followed")
	checkCount(t, evil, 0)
}

// TestQueryIsNotShown: a KeysURL may have a secret in its query.
func TestQueryIsNotShown(t *testing.T) {
	log, written := logger()
	i := newIssuer(t, newPair(t, "1").public())
	a := i.authenticator(t, oidc.Config{KeysURL: i.url + "/keys?key=hunter2", Logger: log})
	i.set(func() { i.status = 500 })
	err := a.Load(t.Context())
	if !errors.Is(err, bearer.ErrUnavailable) || strings.Contains(err.Error()+written.String(), "hunter2") || !strings.Contains(err.Error(), i.url+"/keys") {
		t.Errorf("got %v; log: %s", err, written)
	}
	broken := i.authenticator(t, oidc.Config{KeysURL: "http://127.0.0.1:1/keys?key=hunter2", Logger: log})
	err = broken.Load(t.Context())
	if !errors.Is(err, bearer.ErrUnavailable) || strings.Contains(err.Error()+written.String(), "hunter2") {
		t.Errorf("got %v; log: %s", err, written)
	}
}
