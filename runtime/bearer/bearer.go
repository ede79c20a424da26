// Package bearer says what a server needs to know of the bearer tokens that
// come with its requests (RFC 6750): who asks, and whether that was checked.
// Packages kesthttp and kestgrpc have every request checked by an Authenticator,
// through Authenticate; package oidc, below this one, is one for the tokens of an
// OpenID provider.
package bearer

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// An Authenticator checks tokens. It is safe for concurrent use.
type Authenticator interface {
	// Authenticate checks a token and gives a context that says on whose behalf
	// the request runs (kest.WithUser, kest.WithAgent, kest.WithTask) and keeps the
	// token (kest.WithToken). Its error matches ErrInvalidToken when the token is
	// at fault, and any other one means that it could not be checked. The token
	// never stands in an error.
	Authenticate(ctx context.Context, token string) (context.Context, error)
}

// Errors, for errors.Is.
var (
	// ErrInvalidToken: there is no token, or it is not valid here; 401 in HTTP.
	ErrInvalidToken = errors.New("bearer: invalid token")
	// ErrUnavailable: the keys of the provider could not be had; 503 in HTTP.
	ErrUnavailable = errors.New("bearer: the token cannot be checked")
)

// MaxTokenSize is how long a token may be, in bytes.
const MaxTokenSize = 16 << 10

// FromHeader finds the token in the values of a request's Authorization header:
// one, of the scheme Bearer, with a token of RFC 6750's characters. The error
// matches ErrInvalidToken.
func FromHeader(values []string) (string, error) {
	invalid := func(reason string) (string, error) { return "", fmt.Errorf("%w: %s", ErrInvalidToken, reason) }
	if len(values) != 1 {
		if len(values) == 0 {
			return invalid("the request has no Authorization header")
		}
		return invalid("the request has several Authorization headers")
	}
	scheme, token, found := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case !found || !strings.EqualFold(scheme, "Bearer"):
		return invalid("the Authorization header is not of the scheme Bearer")
	case token == "":
		return invalid("the token is empty")
	case len(token) > MaxTokenSize:
		return invalid(fmt.Sprintf("the token has more than %d bytes", MaxTokenSize))
	}
	end := strings.TrimRight(token, "=")
	if end == "" || strings.IndexFunc(end, notInToken) >= 0 {
		return invalid("the token has characters that no token has")
	}
	return token, nil
}

// notInToken is what b64token of RFC 6750 does not have, beside the padding.
func notInToken(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~+/", r)
}
