package kestpropagation_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

const python = "spiffe://test/python"

// pythonEntry is an entry as the Python reference signs it: without trace and
// source, its taints in any order, and the workload id as kid.
func pythonEntry(t *testing.T, key ed25519.PrivateKey) string {
	t.Helper()
	own := kest.PassportFromContext(enter(t, service(t, gateway))).Tokens()[0]
	parsed, err := jws.Parse(own)
	check(t, err)
	var entry map[string]any
	check(t, json.Unmarshal([]byte(parsed.Payload), &entry))
	entry["runtime"] = map[string]string{"name": "kest-python", "version": "0.3.0"}
	entry["labels"] = map[string]string{"principal": python}
	entry["added_taints"] = []string{"b", "a"}
	entry["taints"] = []string{"b", "a"}
	text, err := json.Marshal(entry)
	check(t, err)
	text, err = jcs.Transform(text)
	check(t, err)
	header := []byte(`{"alg": "EdDSA", "typ": "JWS", "kid": "` + python + `"}`)
	signed := jws.AppendSigningInput(nil, base64.RawURLEncoding.EncodeToString(header), text)
	return string(jws.AppendSignature(signed, ed25519.Sign(key, signed)))
}

// TestPythonReference: what the Python reference sends is read by who was told of
// its departures: no mark and no tips, base64url with padding, the cache's key as
// claim check, and no percent-encoding (PROTOCOL §10).
func TestPythonReference(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	token := pythonEntry(t, key)
	keys, err := kest.NewKeySet(kest.Key{Subject: python, Public: key.Public().(ed25519.PublicKey)})
	check(t, err)
	told := map[string]kest.Departures{"kest-python": {NoTraceID: true, UnsortedTaints: true, NoRecomputation: true}}
	passport := `["` + token + `"]`

	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	_, err = w.Write([]byte(passport))
	check(t, errors.Join(err, w.Close()))
	store := newCache(t)
	const claim = "kest.claim.7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11"
	check(t, store.Put(t.Context(), claim, []byte(passport), time.Minute))

	reader := func(departures map[string]kest.Departures, anyTrace bool) *kestpropagation.Propagator {
		return newPropagator(t, func(c *kestpropagation.Config) {
			c.Verifier, c.Cache, c.AnyTrace = &kest.Verifier{Keys: keys, Departures: departures}, store, anyTrace
		})
	}
	for name, header := range map[string]string{
		"as it is":        "kest.passport=" + passport,
		"percent-encoded": "kest.passport=" + url.PathEscape(passport),
		"with padding":    "kest.passport_z=" + base64.URLEncoding.EncodeToString(deflated.Bytes()),
		"a claim check":   "kest.claim_check=" + claim,
	} {
		carrier := propagation.MapCarrier{"baggage": header}
		ctx, err := reader(told, true).Receive(service(t, ledger), carrier)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if entry := lastEntry(t, enter(t, ctx)); len(entry.ParentIDs) != 1 || entry.ParentIDs[0] != kest.Hash(token) || len(entry.Taints) != 2 {
			t.Errorf("%s: parents %v and taints %v", name, entry.ParentIDs, entry.Taints)
		}
		if _, err := reader(nil, true).Receive(service(t, ledger), carrier); !errors.Is(err, kest.ErrLineageInvalid) {
			t.Errorf("%s, without departures: %v", name, err)
		}
		// An entry without a trace is in none that a request could be in.
		if _, err := reader(told, false).Receive(service(t, ledger), carrier); !errors.Is(err, kest.ErrLineageInvalid) {
			t.Errorf("%s, without AnyTrace: %v", name, err)
		}
	}
	// Of two entries that are not percent-encoded, a reader of baggage has the
	// first only.
	two := propagation.MapCarrier{"baggage": `kest.passport=["` + token + `","` + token + `"]`}
	if _, err := reader(told, true).Receive(service(t, ledger), two); !errors.Is(err, kest.ErrLineageMalformed) {
		t.Errorf("two entries: %v", err)
	}
}
