package kest_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/gowebpki/jcs"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
)

// workload is who signs in these tests.
const workload = "spiffe://kest.test/payments"

// privateKey is a key that belongs to a name, the same in every run.
func privateKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// identity signs as a workload with its privateKey.
type identity string

func (i identity) Signer(context.Context) (*kest.Signer, error) {
	return kest.NewSigner(string(i), privateKey(string(i)))
}

// engine is a policy engine made of a function.
type engine func(policy string, in *kest.PolicyInput) (bool, error)

func (e engine) Evaluate(_ context.Context, policy string, in *kest.PolicyInput) (bool, error) {
	return e(policy, in)
}

func allowAll(string, *kest.PolicyInput) (bool, error) { return true, nil }

func newRuntime(t testing.TB, config kest.Config) *kest.Runtime {
	t.Helper()
	if config.Engine == nil {
		config.Engine = engine(allowAll)
	}
	if config.Identity == nil {
		config.Identity = identity(workload)
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	rt, err := kest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// testContext is a context with a runtime of its own.
func testContext(t testing.TB, config kest.Config) context.Context {
	t.Helper()
	return kest.NewContext(t.Context(), newRuntime(t, config))
}

func hook(config kest.HookConfig) *kest.Hook {
	if config.Operation == "" {
		config.Operation = "operation"
	}
	if config.Policies == nil {
		config.Policies = []string{"kest/allow"}
	}
	return kest.MustHook(config)
}

// run goes through the lifecycle of a hook as generated code does, with input as
// the canonical JSON of the arguments.
func run(ctx context.Context, h *kest.Hook, input string, body func(ctx context.Context) error) (err error) {
	call, err := h.Begin(ctx)
	if err != nil {
		return err
	}
	defer call.End(&err)
	call.Inherit()
	call.SetInput(append(call.Buffer(), input...), nil)
	ctx, err = call.Enter()
	if err != nil {
		return err
	}
	err = body(ctx)
	call.Leave()
	return err
}

// enter runs a hook and gives the context that its function got.
func enter(t testing.TB, ctx context.Context, h *kest.Hook) (inside context.Context) {
	t.Helper()
	err := run(ctx, h, `{}`, func(ctx context.Context) error {
		inside = ctx
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return inside
}

// lastEntry decodes the entry at the end of the passport of a context.
func lastEntry(t testing.TB, ctx context.Context) *kest.Entry {
	t.Helper()
	tokens := kest.PassportFromContext(ctx).Tokens()
	if len(tokens) == 0 {
		t.Fatal("the passport is empty")
	}
	entry, err := kest.DecodeEntry(tokens[len(tokens)-1])
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// keySet has the keys of the named workloads.
func keySet(t testing.TB, workloads ...string) *kest.KeySet {
	t.Helper()
	var keys []kest.Key
	for _, name := range workloads {
		keys = append(keys, kest.Key{Subject: name, Public: privateKey(name).Public().(ed25519.PublicKey)})
	}
	set, err := kest.NewKeySet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func verifier(t testing.TB) *kest.Verifier {
	return &kest.Verifier{Keys: keySet(t, workload)}
}

// document is an entry as a JSON object, for tests that forge one.
type document map[string]any

// validDocument is an entry that verifies: a root with the origin internal.
func validDocument(number int) document {
	return document{
		"schema_version": "0.3.0",
		"runtime":        document{"name": "kest-go", "version": "0.3.0"},
		"entry_id":       entryID(number),
		"operation":      "forged",
		"classification": "system",
		"trust_score":    100,
		"parent_ids":     []string{"0"},
		"added_taints":   []string{}, "removed_taints": []string{}, "taints": []string{},
		"labels": document{
			"principal":        workload,
			"trace_id":         "00000000000000000000000000000000",
			"kest.source_type": "internal",
		},
		"policy_context": document{
			"enterprise_policies": []string{}, "platform_policies": []string{}, "app_policies": []string{},
			"function_policies": []string{"kest/allow"}, "deviations": []any{},
		},
		"environment": document{}, "otel_context": document{}, "metadata": nil,
		"input_hash":   "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		"content_hash": "",
		"timestamp_ms": 1700000000000,
	}
}

func entryID(number int) string {
	const digits = "0123456789abcdef"
	id := []byte("01890000-0000-7000-8000-000000000000")
	for i := len(id) - 1; number > 0; i-- {
		id[i] = digits[number%16]
		number /= 16
	}
	return string(id)
}

// canonical is the payload of a document, by the JCS library.
func (d document) canonical(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	text, err = jcs.Transform(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forge signs a payload of any bytes with the key of the test workload.
func forge(t testing.TB, payload string) string {
	t.Helper()
	return forgeAs(t, workload, payload)
}

func forgeAs(t testing.TB, name, payload string) string {
	t.Helper()
	key := privateKey(name)
	header, err := jws.EncodeHeader(jws.Thumbprint(key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	signed := jws.AppendSigningInput(nil, header, []byte(payload))
	return string(jws.AppendSignature(signed, ed25519.Sign(key, signed)))
}

// parsePassport makes a passport of tokens, as if it had come from outside.
func parsePassport(t testing.TB, tokens ...string) *kest.Passport {
	t.Helper()
	if tokens == nil {
		tokens = []string{}
	}
	text, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	p, err := kest.ParsePassport(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
