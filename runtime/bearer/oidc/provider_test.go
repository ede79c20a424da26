package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testidp"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

// startProvider runs the provider of zitadel/oidc on a loopback address.
func startProvider(t testing.TB, algorithm string) (*testidp.Provider, testidp.Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String()
	provider, err := testidp.New(issuer, testidp.Config{
		Clients:   map[string]string{"gateway": "secret-of-gateway", "broker": "secret-of-broker"},
		Users:     map[string]string{"alice": "a", "root": "r"},
		Audience:  []string{audience},
		Algorithm: algorithm,
		Redirect:  issuer + "/done",
	})
	check(t, err)
	server.Config.Handler = provider
	server.Start()
	t.Cleanup(server.Close)
	return provider, testidp.Client{Issuer: issuer, ID: "gateway", Secret: "secret-of-gateway", HTTP: server.Client()}
}

func must(t testing.TB) func(token string, err error) string {
	return func(token string, err error) string {
		t.Helper()
		check(t, err)
		return token
	}
}

// TestRealProvider: tokens of every grant of a real provider, found by discovery,
// while its keys change.
func TestRealProvider(t *testing.T) {
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			provider, gateway := startProvider(t, algorithm)
			clock := &clock{at: time.Now()}
			a, err := oidc.NewAt(t.Context(), oidc.Config{Issuer: gateway.Issuer, Audiences: []string{audience}, Timeout: limit}, clock.now)
			check(t, err)
			token := must(t)

			own := token(gateway.ClientCredentials(t.Context(), "read"))
			checkPrincipal(t, a, own, "gateway", "gateway", "read")
			users := token(gateway.Password(t.Context(), "alice", "a", "read", "write"))
			checkPrincipal(t, a, users, "alice", "gateway", "read write")
			broker := gateway
			broker.ID, broker.Secret = "broker", "secret-of-broker"
			checkPrincipal(t, a, token(broker.Exchange(t.Context(), users, "", audience, "read")), "alice", "broker", "read")
			checkPrincipal(t, a, token(broker.Exchange(t.Context(), users, own, audience)), "alice", "gateway", "")

			// Keys change while it runs.
			check(t, provider.Rotate())
			clock.add(oidc.DefaultMinInterval)
			newer := token(gateway.Password(t.Context(), "root", "r"))
			checkPrincipal(t, a, newer, "root", "gateway", "")
			checkPrincipal(t, a, users, "alice", "gateway", "read write")
			provider.Retire()
			clock.add(oidc.DefaultMinInterval)
			checkPrincipal(t, a, newer, "root", "gateway", "")
			check(t, provider.Rotate())
			checkPrincipal(t, a, token(gateway.ClientCredentials(t.Context())), "gateway", "gateway", "")
			checkRefused(t, a, users, bearer.ErrInvalidToken, "no key of its key id")

			// For others, from others, and later.
			elsewhere, err := oidc.NewAt(t.Context(), oidc.Config{Issuer: gateway.Issuer, Audiences: []string{"https://other.example"}}, clock.now)
			check(t, err)
			checkRefused(t, elsewhere, newer, bearer.ErrInvalidToken, "another audience")
			_, twin := startProvider(t, algorithm)
			checkRefused(t, a, token(twin.ClientCredentials(t.Context())), bearer.ErrInvalidToken, "no key of its key id")
			clock.add(testidp.DefaultLifetime + oidc.DefaultLeeway)
			checkRefused(t, a, newer, bearer.ErrInvalidToken, "expired")
		})
	}
}

// TestAuthorizationCode: a user logs in, and the client gets two tokens: one for
// access, and one that is not, though only its header could tell.
func TestAuthorizationCode(t *testing.T) {
	_, web := startProvider(t, "ES256")
	// A client's own tokens are for the client.
	a, err := oidc.New(t.Context(), oidc.Config{Issuer: web.Issuer, Audiences: []string{"gateway"}, Timeout: limit})
	check(t, err)
	api, err := oidc.New(t.Context(), oidc.Config{Issuer: web.Issuer, Audiences: []string{audience}, Timeout: limit})
	check(t, err)
	strict, err := oidc.New(t.Context(), oidc.Config{Issuer: web.Issuer, Audiences: []string{"gateway"}, Timeout: limit, RequireAccessToken: true})
	check(t, err)

	browser := *web.HTTP
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/done") {
			return http.ErrUseLastResponse
		}
		if r.URL.Path == testidp.LoginPath {
			query := r.URL.Query()
			query.Set("username", "alice")
			query.Set("password", "a")
			r.URL.RawQuery = query.Encode()
		}
		return nil
	}
	redirect := web.Issuer + "/done"
	query := url.Values{"response_type": {"code"}, "client_id": {"gateway"}, "redirect_uri": {redirect}, "scope": {"openid read"}, "state": {"s"}}
	response, err := browser.Get(web.Issuer + testidp.AuthorizePath + "?" + query.Encode())
	check(t, err)
	defer response.Body.Close()
	location, err := response.Location()
	check(t, err)
	tokens, err := web.Request(t.Context(), url.Values{
		"grant_type": {"authorization_code"}, "code": {location.Query().Get("code")}, "redirect_uri": {redirect},
	})
	check(t, err)
	checkPrincipal(t, a, tokens.Access, "alice", "gateway", "openid read")
	checkRefused(t, api, tokens.Access, bearer.ErrInvalidToken, "another audience")
	checkRefused(t, api, tokens.ID, bearer.ErrInvalidToken, "another audience")
	checkRefused(t, strict, tokens.ID, bearer.ErrInvalidToken, "not of the type at+jwt")
}
