package testidp

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// store is the library's example storage, which keeps the requests for
// authorization, with keys, clients and claims of our own.
type store struct {
	*storage.Storage
	keys   *keys
	config Config
}

var (
	_ op.Storage                        = (*store)(nil)
	_ op.ClientCredentialsStorage       = (*store)(nil)
	_ op.TokenExchangeStorage           = (*store)(nil)
	_ op.CanGetPrivateClaimsFromRequest = (*store)(nil)
)

// client is one of Config.Clients. All may use every grant type.
type client struct {
	*storage.Client
}

func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (client) IsScopeAllowed(string) bool          { return true }
func (client) LoginURL(id string) string           { return LoginPath + "?authRequestID=" + id }
func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeClientCredentials, oidc.GrantTypeTokenExchange}
}

// GetClientByClientID implements op.Storage.
func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	secret, ok := s.config.Clients[id]
	if !ok {
		return nil, errRefused
	}
	return client{storage.WebClient(id, secret, s.config.Redirect)}, nil
}

// AuthorizeClientIDSecret implements op.Storage.
func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	want, ok := s.config.Clients[id]
	if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
		return errRefused
	}
	return nil
}

// ClientCredentials implements op.ClientCredentialsStorage.
func (s *store) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return s.GetClientByClientID(ctx, id)
}

// ClientCredentialsTokenRequest implements op.ClientCredentialsStorage. The
// subject of such a token is the client itself (RFC 9068, section 2.2).
func (s *store) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: s.config.Audience, Scopes: scopes}, nil
}

// CreateAccessToken implements op.Storage.
func (s *store) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return uuid.NewString(), time.Now().Add(s.config.Lifetime), nil
}

// GetPrivateClaimsFromRequest adds what the library leaves out of access tokens.
func (s *store) GetPrivateClaimsFromRequest(_ context.Context, _ op.TokenRequest, scopes []string) (map[string]any, error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	return map[string]any{"scope": strings.Join(scopes, " ")}, nil
}

// ValidateTokenExchangeRequest implements op.TokenExchangeStorage: delegation
// (RFC 8693), for audiences that are known.
func (s *store) ValidateTokenExchangeRequest(_ context.Context, request op.TokenExchangeRequest) error {
	if request.GetRequestedTokenType() == "" {
		request.SetRequestedTokenType(oidc.AccessTokenType)
	}
	if request.GetRequestedTokenType() != oidc.AccessTokenType {
		return oidc.ErrInvalidRequest().WithDescription("only access tokens are given out")
	}
	if len(request.GetAudience()) == 0 {
		return oidc.ErrInvalidRequest().WithDescription("name an audience")
	}
	for _, audience := range request.GetAudience() {
		if !slices.Contains(s.config.Audience, audience) {
			return oidc.ErrInvalidRequest().WithDescription("unknown audience")
		}
	}
	return nil
}

// CreateTokenExchangeRequest implements op.TokenExchangeStorage.
func (s *store) CreateTokenExchangeRequest(context.Context, op.TokenExchangeRequest) error {
	return nil
}

// GetPrivateClaimsFromTokenExchangeRequest says who acts: the subject of the
// actor's token, or the client without one. Whoever acted before stands inside.
func (s *store) GetPrivateClaimsFromTokenExchangeRequest(ctx context.Context, request op.TokenExchangeRequest) (map[string]any, error) {
	claims, err := s.GetPrivateClaimsFromRequest(ctx, request, request.GetScopes())
	if err != nil {
		return nil, err
	}
	act := map[string]any{"sub": request.GetClientID()}
	if actor := request.GetExchangeActor(); actor != "" {
		act["sub"] = actor
	}
	if before, ok := request.GetExchangeSubjectTokenClaims()["act"]; ok {
		act["act"] = before
	}
	all := map[string]any{"act": act}
	maps.Copy(all, claims)
	return all, nil
}

// SetUserinfoFromTokenExchangeRequest implements op.TokenExchangeStorage. It is
// for ID tokens, which ValidateTokenExchangeRequest refuses.
func (s *store) SetUserinfoFromTokenExchangeRequest(context.Context, *oidc.UserInfo, op.TokenExchangeRequest) error {
	return errors.New("testidp: an exchange gives no ID token")
}

// users implements storage.UserStore. A user's name is the id, too.
type users map[string]string

func (u users) GetUserByID(id string) *storage.User {
	password, ok := u[id]
	if !ok {
		return nil
	}
	return &storage.User{ID: id, Username: id, Password: password}
}

func (u users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }
func (u users) ExampleClientID() string                     { return "" }
