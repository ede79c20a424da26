// Package keysource finds the public keys of other workloads: in a file that
// changes, or at a URL. Each is a [kest.KeySource] for a verifier.
//
//	keys, err := keysource.NewURL(keysource.URLConfig{
//		URL:      "https://payments.example.org/.well-known/kest-keys",
//		Subjects: []string{"spiffe://example.org/payments"},
//	})
//
// Both read a JWK Set as [kest.ParseKeySet] does, refuse the whole of one that is
// not right in every part, and go on with the keys that they had. Keys that are
// added are found without a restart, and keys that are taken out of the set are no
// longer believed, after a time that the configuration bounds.
//
// No key is a definite answer. A source that does not know fails with
// ErrUnavailable instead, and the verifier with it: nothing is refused as forged,
// and nothing believed, because a server is down. Sources are combined with
// [kest.KeySources].
package keysource

import "errors"

// ErrUnavailable: the keys cannot be had now, so nothing is known of the one that
// was asked for. To try again may help.
var ErrUnavailable = errors.New("keysource: no answer")
