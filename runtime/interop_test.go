package kest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/gowebpki/jcs"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
)

// TestEntriesAgainstOracles: every JWS that is made here parses and verifies
// with go-jose, and its payload is its own canonical form by the JCS library
// and has exactly the members of PROTOCOL §3.
func TestEntriesAgainstOracles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	texts := []string{"plain", "with \"quotes\" and \\", "tab\tnewline\n\x01\x1f", "é€\u2028😀", "</script>&amp;", "🏳️‍🌈"}
	for i := range 200 {
		config := kest.Config{}
		if i%2 == 0 {
			config.Tiers = kest.Tiers{Enterprise: []string{pick(texts...)}, Platform: []string{"p1", "p2"}, Application: []string{pick(texts...)}}
		}
		ctx := testContext(t, config)
		var err error
		if i%3 == 0 {
			if ctx, err = kest.WithUser(ctx, pick(texts...)); err != nil {
				t.Fatal(err)
			}
		}
		hc := kest.HookConfig{
			Operation: pick(texts...),
			Source:    pick("internal", "", "llm", "user_input"),
			AddTaints: []string{pick(texts...), pick(texts...)},
		}
		if i%4 == 0 {
			hc.TrustOverride, hc.RemoveTaints = new(random.IntN(101)), []string{pick(texts...)}
		}
		call, err := hook(hc).Begin(enter(t, ctx, hook(hc)))
		if err != nil {
			t.Fatal(err)
		}
		call.SetAgent(pick(append(texts, "")...))
		call.SetResource(pick(append(texts, "")...))
		if i%2 == 1 {
			attributes, _ := jcs.Transform([]byte(fmt.Sprintf(`{"amount":%v,"note":%q}`, random.Float64(), "x")))
			call.SetAttributes(attributes, nil)
		}
		call.Inherit()
		call.SetInput([]byte(`{}`), nil)
		inside, err := call.Enter()
		if err != nil {
			t.Fatal(err)
		}
		call.Leave()
		call.End(&err)

		for _, token := range kest.PassportFromContext(inside).Tokens() {
			signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := signed.Verify(privateKey(workload).Public())
			if err != nil {
				t.Fatal(err)
			}
			transformed, err := jcs.Transform(payload)
			if err != nil || string(transformed) != string(payload) {
				t.Fatalf("not canonical: %s\n%v", payload, err)
			}
			checkSchema(t, payload)
		}
		if err := verifier(t).Verify(ctx, kest.PassportFromContext(inside)); err != nil {
			t.Fatal(err)
		}
	}
}

func checkSchema(t *testing.T, payload []byte) {
	t.Helper()
	var entry map[string]any
	if err := json.Unmarshal(payload, &entry); err != nil {
		t.Fatal(err)
	}
	want := validDocument(1)
	for name := range entry {
		if _, ok := want[name]; !ok {
			t.Errorf("unknown member %q", name)
		}
	}
	for name := range want {
		if _, ok := entry[name]; !ok {
			t.Errorf("member %q is missing", name)
		}
	}
}

// TestHeader: exactly alg, kid and typ, canonical, and kid the thumbprint.
func TestHeader(t *testing.T) {
	token := kest.PassportFromContext(enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{}))).Tokens()[0]
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	thumbprint := keySet(t, workload)
	keys, _ := thumbprint.Keys(t.Context(), workload, "")
	want := fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":"JWS"}`, keys[0].ID())
	if encoded, _, _ := strings.Cut(token, "."); encoded != base64url(want) {
		t.Errorf("header is %s, want %s", encoded, base64url(want))
	}
	if header := signed.Signatures[0].Protected; header.KeyID != keys[0].ID() {
		t.Errorf("go-jose reads the kid %q, want %q", header.KeyID, keys[0].ID())
	}
}

// TestPolicyInputAgainstOracle: the document of PROTOCOL §8, canonical.
func TestPolicyInputAgainstOracle(t *testing.T) {
	var document []byte
	config := kest.Config{Engine: engine(func(_ string, in *kest.PolicyInput) (bool, error) {
		var err error
		document, err = in.AppendJSON(nil)
		return true, err
	})}
	ctx, err := kest.WithUser(testContext(t, config), "alice")
	if err != nil {
		t.Fatal(err)
	}
	call, err := hook(kest.HookConfig{Operation: "charge", Source: "user_input", AddTaints: []string{"pii"}, Policies: []string{"kest/a", "kest/b"}}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.SetResource("orders/1")
	call.SetAttributes([]byte(`{"amount":12.5,"tags":["x"]}`), nil)
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	if _, err = call.Enter(); err != nil {
		t.Fatal(err)
	}
	call.Leave()
	call.End(&err)
	want, err := jcs.Transform([]byte(`{
		"subject": {"workload": "` + workload + `", "user": "alice", "agent": null, "task": null, "trust_score": 40, "taints": ["pii"]},
		"object": {"id": "orders/1", "attributes": {"amount": 12.5, "tags": ["x"]}},
		"environment": {"is_root": true, "source_type": "user_input", "parent_hash": "0", "policy_names": ["kest/a", "kest/b"],
			"policy_tier": "function", "active_deviations": [], "operation": "charge", "classification": "system"},
		"identity": "` + workload + `", "trust_score": 40}`))
	if err != nil {
		t.Fatal(err)
	}
	if string(document) != string(want) {
		t.Errorf("input document is\n%s\nwant\n%s", document, want)
	}
}

// TestLabels: PROTOCOL §3.
func TestLabels(t *testing.T) {
	plain := lastEntry(t, enter(t, testContext(t, kest.Config{}), hook(kest.HookConfig{})))
	if len(plain.Labels) != 3 || plain.Labels["principal"] != workload || plain.Labels["trace_id"] != strings.Repeat("0", 32) || plain.Labels["kest.source_type"] != "" {
		t.Errorf("labels of a plain call: %q", plain.Labels)
	}
	ctx, err := kest.WithUser(testContext(t, kest.Config{Engine: digestEngine{}}), "alice")
	if err != nil {
		t.Fatal(err)
	}
	call, err := hook(kest.HookConfig{Source: "llm", TrustOverride: new(3)}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	call.SetTask("refund")
	call.SetResource("orders/1")
	call.SetAttributes([]byte(`{"amount":1}`), nil)
	call.Inherit()
	call.SetInput([]byte(`{}`), nil)
	inside, err := call.Enter()
	if err != nil {
		t.Fatal(err)
	}
	call.Leave()
	call.End(&err)
	for name, want := range map[string]string{
		"kest.identity":       `{"agent":null,"task":"refund","user":"alice"}`,
		"kest.resource_attr":  `{"amount":1}`,
		"kest.resource_id":    "orders/1",
		"kest.source_type":    "llm",
		"kest.trust_override": "3",
		"kest.policy_digest":  "0123",
	} {
		if got := lastEntry(t, inside).Labels[name]; got != want {
			t.Errorf("label %s = %q, want %q", name, got, want)
		}
	}
}

// digestEngine allows everything and knows the digest of its policies.
type digestEngine struct{}

func (digestEngine) PolicyDigest() string { return "0123" }
func (digestEngine) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) {
	return true, nil
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(validDocument(1).canonical(f))
	d := validDocument(2)
	d["metadata"] = document{"a": []any{1.5, "x"}}
	f.Add(d.canonical(f))
	f.Fuzz(func(t *testing.T, payload string) {
		header, err := jws.EncodeHeader("kid")
		if err != nil {
			t.Fatal(err)
		}
		unsigned := jws.AppendSigningInput(nil, header, []byte(payload))
		token := string(jws.AppendSignature(unsigned, make([]byte, 64)))
		entry, err := kest.DecodeEntry(token)
		if err != nil {
			return
		}
		if transformed, err := jcs.Transform([]byte(payload)); err != nil || string(transformed) != payload {
			t.Fatalf("accepted, and not canonical by the JCS library: %v\n%q", err, payload)
		}
		if len(entry.ParentIDs) == 0 || slices.Contains(entry.Taints, "") {
			t.Fatalf("accepted against the schema: %+v", entry)
		}
	})
}
