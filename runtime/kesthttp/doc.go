// Package kesthttp brings lineage and identity into HTTP servers and clients.
//
// A server verifies the passport of every request before its handler runs, and
// who asks:
//
//	handler = kesthttp.Identity(authenticator)(handler)
//	handler = kesthttp.Lineage(propagator)(handler)
//
// In whichever order the two are put around a handler, lineage is checked first
// and identity inside it, so that what was authenticated here stands over what
// arrived (PROTOCOL §10). A request that fails is answered with a problem
// document (RFC 9457) and never reaches the handler; [WriteError] answers the
// same way for what hooks return inside it.
//
// A client sends the passport of the request's context along:
//
//	transport, err := kesthttp.NewTransport(kesthttp.TransportConfig{Lineage: propagator})
//	client := &http.Client{Transport: transport}
//
// A server may send the lineage of its answer back ([SendBack]), and a client
// that asks for it (TransportConfig.TakeBack) has what it does with the answer
// descend from it.
//
// [KeysHandler] publishes the public keys of a workload, for the package
// keysource of others.
package kesthttp
