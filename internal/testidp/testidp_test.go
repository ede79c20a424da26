package testidp_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kestgo/kest/internal/testidp"
)

const audience = "https://ledger.example"

// start serves a provider on a loopback address.
func start(t *testing.T, config testidp.Config) (*testidp.Provider, testidp.Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String()
	provider, err := testidp.New(issuer, config)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = provider
	server.Start()
	t.Cleanup(server.Close)
	return provider, testidp.Client{Issuer: issuer, ID: "gateway", Secret: "g:% ", HTTP: server.Client()}
}

var config = testidp.Config{
	Clients:  map[string]string{"gateway": "g:% ", "ledger": "l"},
	Users:    map[string]string{"alice": "a"},
	Audience: []string{audience},
}

// claims reads a token without looking at its signature.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestGrants(t *testing.T) {
	for _, algorithm := range []string{"", "RS256", "EdDSA"} {
		config := config
		config.Algorithm = algorithm
		_, client := start(t, config)
		own, err := client.ClientCredentials(t.Context(), "read", "write")
		if err != nil {
			t.Fatal(err)
		}
		if c := claims(t, own); c["sub"] != "gateway" || c["client_id"] != "gateway" || c["scope"] != "read write" || c["aud"].([]any)[0] != audience {
			t.Errorf("client credentials: %v", c)
		}
		users, err := client.Password(t.Context(), "alice", "a", "read")
		if err != nil {
			t.Fatal(err)
		}
		if c := claims(t, users); c["sub"] != "alice" || c["client_id"] != "gateway" || c["scope"] != "read" || c["act"] != nil {
			t.Errorf("password: %v", c)
		}
		ledger := client
		ledger.ID, ledger.Secret = "ledger", "l"
		first, err := client.Exchange(t.Context(), users, "", audience)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ledger.Exchange(t.Context(), first, "", audience)
		if err != nil {
			t.Fatal(err)
		}
		act, err := json.Marshal(claims(t, second)["act"])
		if err != nil || string(act) != `{"act":{"sub":"gateway"},"sub":"ledger"}` {
			t.Errorf("two exchanges: act is %s, %v", act, err)
		}
		third, err := ledger.Exchange(t.Context(), users, own, audience)
		if err != nil {
			t.Fatal(err)
		}
		if act := claims(t, third)["act"].(map[string]any); act["sub"] != "gateway" {
			t.Errorf("an actor's token: %v", act)
		}
	}
}

func TestRefusals(t *testing.T) {
	_, client := start(t, config)
	token, err := client.Password(t.Context(), "alice", "a")
	if err != nil {
		t.Fatal(err)
	}
	forged := client
	forged.Secret = "x"
	for name, ask := range map[string]func() (string, error){
		"wrong secret":          func() (string, error) { return forged.ClientCredentials(t.Context()) },
		"wrong secret, user":    func() (string, error) { return forged.Password(t.Context(), "alice", "a") },
		"wrong password":        func() (string, error) { return client.Password(t.Context(), "alice", "b") },
		"unknown user":          func() (string, error) { return client.Password(t.Context(), "mallory", "") },
		"unknown audience":      func() (string, error) { return client.Exchange(t.Context(), token, "", "x") },
		"no audience":           func() (string, error) { return client.Exchange(t.Context(), token, "", "") },
		"not a token":           func() (string, error) { return client.Exchange(t.Context(), "x", "", audience) },
		"unsupported grant":     func() (string, error) { return ask(t, client, url.Values{"grant_type": {"magic"}}) },
		"no grant":              func() (string, error) { return ask(t, client, url.Values{}) },
		"an unknown token type": func() (string, error) { return idToken(t, client, token) },
	} {
		if got, err := ask(); err == nil || got != "" {
			t.Errorf("%s: got a token", name)
		}
	}
	if _, err := testidp.New("http://127.0.0.1:1", testidp.Config{Algorithm: "HS256"}); err == nil {
		t.Error("HS256 was taken")
	}
	if _, err := testidp.New("no URL", config); err == nil {
		t.Error("an issuer that is no URL was taken")
	}
}

func ask(t *testing.T, client testidp.Client, form url.Values) (string, error) {
	tokens, err := client.Request(t.Context(), form)
	return tokens.Access, err
}

func idToken(t *testing.T, client testidp.Client, token string) (string, error) {
	return ask(t, client, url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":        {token},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:access_token"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"audience":             {audience},
	})
}

// TestHandler: a main function has no way on without a provider.
func TestHandler(t *testing.T) {
	if testidp.Handler("http://127.0.0.1:1", config).KeyID() == "" {
		t.Error("no key")
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	testidp.Handler("", config)
}
