package testidp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Client asks a provider for tokens, as one of its clients.
type Client struct {
	Issuer string
	ID     string
	Secret string
	HTTP   *http.Client // nil is http.DefaultClient
}

// ClientCredentials gets a token of the client's own.
func (c Client) ClientCredentials(ctx context.Context, scopes ...string) (string, error) {
	return c.token(ctx, url.Values{"grant_type": {"client_credentials"}}, scopes)
}

// Password gets a token of a user's, with the client as the agent.
func (c Client) Password(ctx context.Context, user, password string, scopes ...string) (string, error) {
	return c.token(ctx, url.Values{"grant_type": {"password"}, "username": {user}, "password": {password}}, scopes)
}

// Exchange gets a token that says that the client acts for the subject of
// another one, or if actor is not empty, that token's subject does (RFC 8693).
func (c Client) Exchange(ctx context.Context, subject, actor, audience string, scopes ...string) (string, error) {
	const accessToken = "urn:ietf:params:oauth:token-type:access_token"
	form := url.Values{
		"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":      {subject},
		"subject_token_type": {accessToken},
		"audience":           {audience},
	}
	if actor != "" {
		form.Set("actor_token", actor)
		form.Set("actor_token_type", accessToken)
	}
	return c.token(ctx, form, scopes)
}

func (c Client) token(ctx context.Context, form url.Values, scopes []string) (string, error) {
	tokens, err := c.Request(ctx, form, scopes...)
	return tokens.Access, err
}

// Tokens are what a provider gives out.
type Tokens struct {
	Access string `json:"access_token"`
	ID     string `json:"id_token"`
}

// Request sends a form to the token endpoint.
func (c Client) Request(ctx context.Context, form url.Values, scopes ...string) (Tokens, error) {
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Issuer+TokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		return Tokens{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return Tokens{}, err
	}
	defer response.Body.Close()
	var answer struct {
		Tokens
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return Tokens{}, fmt.Errorf("testidp: status %d: %w", response.StatusCode, err)
	}
	if response.StatusCode != http.StatusOK || answer.Access == "" {
		return Tokens{}, fmt.Errorf("testidp: status %d: %s %s", response.StatusCode, answer.Error, answer.Description)
	}
	return answer.Tokens, nil
}
