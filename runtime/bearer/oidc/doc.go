// Package oidc checks the bearer tokens of an OpenID provider: JWTs (RFC 7519,
// RFC 9068) that it signed for this server.
//
//	authenticator, err := oidc.New(ctx, oidc.Config{
//		Issuer:    "https://login.example.org",
//		Audiences: []string{"https://ledger.example.org"},
//	})
//	…
//	handler = kesthttp.Identity(authenticator)(handler)
//
// A token is valid if a key that the provider publishes signed it, with an
// algorithm of the configuration; if it names the issuer and one of the audiences;
// and if it has begun and not ended. Then its claims say on whose behalf the
// request runs: sub is the user, client_id or azp the agent, scope the task, and
// act.sub is the agent of a token that was exchanged for one to act on the user's
// behalf (RFC 8693). All three replace what the request's context had, also by
// nothing.
//
// The keys come from the provider alone, found by discovery or at a URL that is
// configured, never from a token. They are cached; a key id that is new makes the
// package ask for them, but not more often than the configuration says. When the
// provider is down, the keys that are known go on being used for a time that is
// bounded. A token that cannot be checked, because its key cannot be had, is an
// error that matches bearer.ErrUnavailable; a token that is wrong matches
// bearer.ErrInvalidToken. Neither shows anything of the token.
package oidc
