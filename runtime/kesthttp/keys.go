package kesthttp

import (
	"fmt"
	"net/http"

	kest "github.com/kestgo/kest/runtime"
)

// KeysPath is where a workload publishes its public keys.
const KeysPath = "/.well-known/kest-keys"

// KeysHandler publishes the public key with which an identity signs now, as a JWK
// Set with the workload id in the member sub (PROTOCOL §11), for KeysPath:
//
//	mux.Handle("GET "+kesthttp.KeysPath, kesthttp.KeysHandler(identity))
//
// Others read it with a keysource.URL that names the workload. Serve it over
// TLS: who can change it on the way chooses whom they believe.
//
// A key is gone from here once the identity rotates to another, and with it the
// trust in what it signed. Entries that are still under way are then refused.
func KeysHandler(identity kest.Identity) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		body, err := publicKeys(r, identity)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = w.Write(body) // the client may have gone
	})
}

func publicKeys(r *http.Request, identity kest.Identity) ([]byte, error) {
	if identity == nil {
		return nil, fmt.Errorf("%w: kesthttp.KeysHandler has no identity", kest.ErrConfig)
	}
	signer, err := identity.Signer(r.Context())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", kest.ErrIdentity, err)
	}
	if signer == nil {
		return nil, fmt.Errorf("%w: the identity gave no signer", kest.ErrIdentity)
	}
	set, err := kest.NewKeySet(signer.Key())
	if err != nil {
		return nil, err
	}
	return set.MarshalJSON()
}
