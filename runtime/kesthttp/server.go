package kesthttp

import (
	"net/http"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// Middleware is something around a handler.
type Middleware = func(http.Handler) http.Handler

// Lineage verifies the passport of each request; hooks under the handler extend
// it. What is wrong with it is answered by WriteError.
func Lineage(propagator *kestpropagation.Propagator) Middleware {
	return func(next http.Handler) http.Handler {
		return &lineageHandler{propagator, next}
	}
}

type lineageHandler struct {
	propagator *kestpropagation.Propagator
	next       http.Handler
}

func (h *lineageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, err := h.propagator.Receive(withPeer(r), propagation.HeaderCarrier(r.Header))
	if err != nil {
		WriteError(w, r, err)
		return
	}
	h.next.ServeHTTP(w, r.WithContext(ctx))
}

// Identity demands a valid bearer token of each request, and says on whose behalf
// the handler runs: user, agent and task are those of the token, and nobody
// where it does not say, whatever arrived or was said outside. A request without
// a valid token is answered with 401, and with 503 if that cannot be found out.
func Identity(authenticator bearer.Authenticator) Middleware {
	return func(next http.Handler) http.Handler {
		if lineage, ok := next.(*lineageHandler); ok {
			// The other way round: lineage outside, identity inside.
			return &lineageHandler{lineage.propagator, &identityHandler{authenticator, lineage.next}}
		}
		return &identityHandler{authenticator, next}
	}
}

type identityHandler struct {
	authenticator bearer.Authenticator
	next          http.Handler
}

func (h *identityHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, err := bearer.Authenticate(r.Context(), h.authenticator, r.Header.Values("Authorization"))
	if err != nil {
		WriteError(w, r, err)
		return
	}
	h.next.ServeHTTP(w, r.WithContext(ctx))
}

// Runtime has the hooks under a handler run with rt and not with the default
// runtime.
func Runtime(rt *kest.Runtime) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(kest.NewContext(r.Context(), rt)))
		})
	}
}
