// Package testidp is an OpenID provider for tests and examples: that of
// github.com/zitadel/oidc, with clients and users in memory and keys that can be
// rotated while it runs. Its access tokens are JWTs. It is a real provider with
// passwords in plain text: never let anybody reach it who is not testing.
//
//	provider, err := testidp.New("http://127.0.0.1:9000", testidp.Config{
//		Clients:  map[string]string{"gateway": "secret"},
//		Users:    map[string]string{"alice": "secret"},
//		Audience: []string{"https://ledger.example"},
//	})
//	…
//	go http.Serve(listener, provider)
//
// Beside the endpoints of the library (discovery, keys, authorize, token) there
// are the grant type password, which OAuth 2.1 gave up and a script can use, and
// a login without a page, for the authorization code.
package testidp

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Paths below the issuer.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/keys"
	TokenPath     = "/oauth/token"
	AuthorizePath = "/authorize"
	// LoginPath takes authRequestID, username and password, and goes on with the
	// authorization.
	LoginPath = "/login"
)

// DefaultLifetime is that of a token.
const DefaultLifetime = 5 * time.Minute

// Config says who is known.
type Config struct {
	Clients map[string]string // client ids and their secrets
	Users   map[string]string // user names, which are the subjects, and passwords
	// Audience is that of the tokens, but of those of the authorization code,
	// which are for the client itself.
	Audience []string
	// Lifetime of a token; 0 is DefaultLifetime. It may be negative, for tokens
	// that have expired.
	Lifetime time.Duration
	// Algorithm signs: ES256, RS256 or EdDSA; "" is ES256.
	Algorithm string
	// Redirect is where the authorization code is sent.
	Redirect string
}

// Provider is the server. It is safe for concurrent use.
type Provider struct {
	issuer  string
	handler *op.Provider
	store   *store
}

// New makes a provider with its first key. The issuer is the URL under which it
// will be served, without a path.
func New(issuer string, config Config) (*Provider, error) {
	keys, err := newKeys(config.Algorithm)
	if err != nil {
		return nil, err
	}
	if config.Lifetime == 0 {
		config.Lifetime = DefaultLifetime
	}
	store := &store{
		Storage: storage.NewStorageWithClients(users(config.Users), nil),
		keys:    keys,
		config:  config,
	}
	options := []op.Option{op.WithAccessTokenVerifierOpts(op.WithSupportedAccessTokenSigningAlgorithms(string(keys.algorithm)))}
	if strings.HasPrefix(issuer, "http://") {
		options = append(options, op.WithAllowInsecure())
	}
	settings := &op.Config{AuthMethodPost: true}
	if _, err := rand.Read(settings.CryptoKey[:]); err != nil {
		return nil, err
	}
	handler, err := op.NewProvider(settings, store, op.StaticIssuer(issuer), options...)
	if err != nil {
		return nil, fmt.Errorf("testidp: %w", err)
	}
	return &Provider{issuer, handler, store}, nil
}

// Handler is New for programs that stop when it fails. It panics on an error.
func Handler(issuer string, config Config) *Provider {
	provider, err := New(issuer, config)
	if err != nil {
		panic(err)
	}
	return provider
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == LoginPath:
		p.login(w, r)
	case r.URL.Path == TokenPath && r.PostFormValue("grant_type") == "password":
		p.password(w, r)
	default:
		p.handler.ServeHTTP(w, r)
	}
}

// Rotate signs with a new key from now on. The old ones stay published, so that
// what they signed goes on being valid.
func (p *Provider) Rotate() error { return p.store.keys.rotate() }

// Retire publishes the key that signs now and no other.
func (p *Provider) Retire() { p.store.keys.retire() }

// KeyID is that of the key that signs now.
func (p *Provider) KeyID() string { return p.store.keys.signing().id }

// login checks a password and goes back to the library.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("authRequestID")
	if err := p.store.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	ctx := op.ContextWithIssuer(r.Context(), p.issuer)
	http.Redirect(w, r, op.AuthCallbackURL(p.handler)(ctx, id), http.StatusFound)
}

// password is the resource owner password credentials grant (RFC 6749, section
// 4.3), which the library does not have.
func (p *Provider) password(w http.ResponseWriter, r *http.Request) {
	ctx := op.ContextWithIssuer(r.Context(), p.issuer)
	id, secret := credentials(r)
	client, err := p.store.ClientCredentials(ctx, id, secret)
	if err != nil {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	user := r.PostFormValue("username")
	if p.store.CheckUsernamePasswordSimple(user, r.PostFormValue("password")) != nil {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	request := &oidc.JWTTokenRequest{Subject: user, Audience: p.store.config.Audience, Scopes: strings.Fields(r.PostFormValue("scope"))}
	token, _, validity, err := op.CreateAccessToken(ctx, request, op.AccessTokenTypeJWT, p.handler, client, "")
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(validity.Seconds())})
}

// credentials are the client's, from the header (form-encoded: RFC 6749, section
// 2.3.1) or the form.
func credentials(r *http.Request) (id, secret string) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	id, idErr := url.QueryUnescape(id)
	secret, secretErr := url.QueryUnescape(secret)
	if idErr != nil || secretErr != nil {
		return "", "" // nobody's
	}
	return id, secret
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"error": code})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// errRefused is all that is said to who does not have the secret.
var errRefused = errors.New("testidp: unknown client, or a wrong secret")
