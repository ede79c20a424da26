package kestgrpc

import (
	"context"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// PeerIdentity is the URI in the TLS certificate that a peer showed and that
// crypto/tls verified (tls.RequireAndVerifyClientCert), a SPIFFE ID as a rule; ""
// if there is none, or more than one. It is for the TrustPrincipals of a
// propagator:
//
//	TrustPrincipals: func(ctx context.Context, _ propagation.TextMapCarrier) bool {
//		return kestgrpc.PeerIdentity(ctx) == "spiffe://example.org/ledger"
//	},
//
// Common names are not looked at: whoever signs certificates checks them less.
// A peer that something else verified, as go-spiffe does, is not known here: take
// its own function.
func PeerIdentity(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	tls, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(tls.State.VerifiedChains) == 0 {
		return ""
	}
	if uris := tls.State.VerifiedChains[0][0].URIs; len(uris) == 1 {
		return uris[0].String()
	}
	return ""
}
