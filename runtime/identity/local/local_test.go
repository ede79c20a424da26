package local_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/cryptotest"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/identity/local"
)

func newIdentity(t *testing.T, options ...local.Option) *local.Identity {
	t.Helper()
	identity, err := local.New(append([]local.Option{local.WithLogger(slog.New(slog.DiscardHandler))}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestNew(t *testing.T) {
	for want, options := range map[string][]local.Option{
		"spiffe://kest.internal/local-workload": nil,
		"spiffe://example.org/payments":         {local.WithWorkloadID("spiffe://example.org/payments")},
	} {
		identity := newIdentity(t, options...)
		signer, err := identity.Signer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if signer.WorkloadID() != want || identity.Key().Subject != want {
			t.Errorf("workload %q, key of %q, want %q", signer.WorkloadID(), identity.Key().Subject, want)
		}
		if signer.KeyID() != identity.Key().ID() {
			t.Errorf("the signer's key %s is not the published one, %s", signer.KeyID(), identity.Key().ID())
		}
		if again, _ := identity.Signer(t.Context()); again != signer {
			t.Error("Signer made another signer")
		}
	}
}

func TestEachNewHasItsOwnKey(t *testing.T) {
	first, second := newIdentity(t), newIdentity(t)
	if first.Key().ID() == second.Key().ID() {
		t.Error("two identities share a key")
	}
}

func TestNewRefuses(t *testing.T) {
	for name, option := range map[string]local.Option{
		"empty workload":    local.WithWorkloadID(""),
		"workload no UTF-8": local.WithWorkloadID("spiffe://\xff"),
	} {
		if _, err := local.New(local.WithLogger(slog.New(slog.DiscardHandler)), option); !errors.Is(err, kest.ErrIdentity) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNewRefusesInProduction(t *testing.T) {
	t.Setenv("KEST_ENV", "Production")
	var log bytes.Buffer
	identity, err := local.New(local.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if identity != nil || !errors.Is(err, kest.ErrIdentity) {
		t.Fatalf("got %v, %v", identity, err)
	}
	for _, part := range []string{"KEST_ENV is production", "Config.Identity"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q: %v", part, err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, kest.ErrIdentity) {
			t.Errorf("MustNew: recovered %v", err)
		}
	}()
	local.MustNew()
}

func TestWarnsOnce(t *testing.T) {
	var log bytes.Buffer
	identity := newIdentity(t, local.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
	for range 3 {
		if _, err := identity.Signer(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var record struct {
		Level, Msg, Kid string
		WorkloadID      string `json:"workload_id"`
	}
	decoder := json.NewDecoder(&log)
	if err := decoder.Decode(&record); err != nil {
		t.Fatal(err)
	}
	if record.Level != "WARN" || !strings.Contains(record.Msg, "DEVELOPMENT ONLY") ||
		record.WorkloadID != local.DefaultWorkloadID || record.Kid != identity.Key().ID() {
		t.Errorf("logged %+v", record)
	}
	if decoder.More() {
		t.Error("warned more than once")
	}
}

// TestFID04PrintingShowsNoKey makes the key twice from one stream of random
// bytes, to know what must not be seen.
func TestFID04PrintingShowsNoKey(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	cryptotest.SetGlobalRandom(t, 1)
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	identity := newIdentity(t, local.WithLogger(logger))
	if !identity.Key().Public.Equal(private.Public()) {
		t.Fatal("the key is another one: this test looks for nothing")
	}
	signer, err := identity.Signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	for _, v := range []any{identity, *identity, signer, struct{ I any }{identity}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		logger.Info("identity", "value", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("identity", "value", v)
	}

	seed := private.Seed()
	decimal := strings.Trim(fmt.Sprint(seed), "[]")
	for form, secret := range map[string]string{
		"raw":       string(seed),
		"hex":       hex.EncodeToString(seed),
		"HEX":       strings.ToUpper(hex.EncodeToString(seed)),
		"base64":    base64.RawStdEncoding.EncodeToString(seed)[:40],
		"base64url": base64.RawURLEncoding.EncodeToString(seed)[:40],
		"decimal":   decimal,
		"JSON list": strings.ReplaceAll(decimal, " ", ","),
		"Go list":   strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", seed), "[]byte"), "{}"),
	} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the key is printed, as %s", form)
		}
	}
}
