package kesthttp

import (
	"context"
	"crypto/tls"
	"net/http"
)

// PeerIdentity is the URI in the TLS certificate that the client of a request
// showed and that net/http verified (tls.RequireAndVerifyClientCert), a SPIFFE ID
// as a rule; "" if there is none, or more than one. It is for the TrustPrincipals
// of a propagator that Lineage has:
//
//	TrustPrincipals: func(ctx context.Context, _ propagation.TextMapCarrier) bool {
//		return kesthttp.PeerIdentity(ctx) == "spiffe://example.org/gateway"
//	},
//
// Common names are not looked at: whoever signs certificates checks them less.
func PeerIdentity(ctx context.Context) string {
	state, ok := ctx.Value(peerKey{}).(*tls.ConnectionState)
	if !ok || len(state.VerifiedChains) == 0 {
		return ""
	}
	if uris := state.VerifiedChains[0][0].URIs; len(uris) == 1 {
		return uris[0].String()
	}
	return ""
}

type peerKey struct{}

// withPeer is the context of a request, with what PeerIdentity reads.
func withPeer(r *http.Request) context.Context {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return r.Context()
	}
	return context.WithValue(r.Context(), peerKey{}, r.TLS)
}
