// Package kestpropagation carries lineage from process to process: a Propagator
// for OpenTelemetry, so that whatever is instrumented with it (otelhttp, otelgrpc,
// a message queue) takes the passport along, and verifies the one that arrives
// before anything trusts it (PROTOCOL §9, §10).
//
//	keys, err := keysource.NewFile("trusted.jwks", keysource.FileConfig{})
//	propagator, err := kestpropagation.New(kestpropagation.Config{
//		Verifier: &kest.Verifier{Keys: keys},
//		Cache:    redisCache,
//	})
//	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
//		propagation.TraceContext{}, propagation.Baggage{}, propagator))
//
// It stands behind propagation.Baggage, whose header it adds to.
//
// # What travels
//
// A passport is a member of the W3C baggage header, as it stands while that has
// up to 4096 bytes, compressed while that has, and else left in a cache that both
// sides share, with a claim check in the header. Beside it stand the tips of the
// sender's branch, and on whose behalf it calls. OpenTelemetry allows 8192 bytes
// and 64 members; members that are not ours stay, and when ours do not fit beside
// them the next of the three ways is taken. If none fits, nothing is sent.
//
// # What is believed
//
// Every entry that arrives is verified, once in a while (see Config.Verifier). A
// lineage that is malformed, does not verify, belongs to another trace, or cannot
// be had refuses the request: Receive returns the error, and under a context from
// Extract every call fails with it (see [kest.Refuse]). kest.user, kest.agent and
// kest.task are dropped unless Config.TrustPrincipals says otherwise and no token
// was checked here, and kest.jwt always.
//
// Packages kesthttp and kestgrpc do this for servers and clients, with responses
// that say what was wrong.
package kestpropagation
