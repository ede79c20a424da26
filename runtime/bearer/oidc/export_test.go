package oidc

// NewAt is New with another clock.
var NewAt = newAuthenticator
