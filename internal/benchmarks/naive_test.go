package benchmarks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/gowebpki/jcs"
	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"

	"github.com/kestgo/kest/internal/benchmarks/ratio"
	kest "github.com/kestgo/kest/runtime"
)

// naive is the same call put together from libraries in the obvious way, as a
// baseline: encoding/json and a JCS library for the hash and the entry, go-jose
// for the signature, and OPA's prepared query with a map as the input.
type naive struct {
	query  oparego.PreparedEvalQuery
	signer jose.Signer
}

func newNaive(b *testing.B) *naive {
	b.Helper()
	module, err := policyFiles.ReadFile("policies/allow_trusted.rego")
	if err != nil {
		b.Fatal(err)
	}
	query, err := oparego.New(
		oparego.Query("data.kest.allow_trusted.allow"),
		oparego.SetRegoVersion(ast.RegoV0),
		oparego.Module("allow_trusted.rego", string(module)),
	).PrepareForEval(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: privateKey, KeyID: "key"}},
		(&jose.SignerOptions{}).WithType("JWS"))
	if err != nil {
		b.Fatal(err)
	}
	return &naive{query, signer}
}

func canonicalJSON(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(text)
}

func (n *naive) charge(ctx context.Context, orderID string, amount float64) (string, error) {
	arguments, err := canonicalJSON(map[string]any{"orderID": orderID, "amount": amount})
	if err != nil {
		return "", err
	}
	input := sha256.Sum256(arguments)
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	attributes, err := canonicalJSON(map[string]any{"amount": amount})
	if err != nil {
		return "", err
	}
	entry := map[string]any{
		"schema_version": kest.SchemaVersion,
		"runtime":        map[string]any{"name": kest.RuntimeName, "version": kest.Version},
		"entry_id":       id.String(), "operation": "charge", "classification": kest.ClassSystem,
		"trust_score": 100, "parent_ids": []string{"0"},
		"added_taints": []string{}, "removed_taints": []string{}, "taints": []string{},
		"labels": map[string]string{
			kest.LabelPrincipal: workload, kest.LabelTraceID: "00000000000000000000000000000000",
			kest.LabelSourceType: "internal", kest.LabelResourceID: "orders/" + orderID, kest.LabelResourceAttr: string(attributes),
		},
		"policy_context": map[string]any{
			"enterprise_policies": []string{}, "platform_policies": []string{}, "app_policies": []string{},
			"function_policies": []string{"kest/allow_trusted"}, "deviations": []any{},
		},
		"environment": map[string]string{}, "otel_context": map[string]string{}, "metadata": nil,
		"input_hash": hex.EncodeToString(input[:]), "content_hash": "",
		"timestamp_ms": time.Now().UnixMilli(),
	}
	results, err := n.query.Eval(ctx, oparego.EvalInput(map[string]any{
		"subject": map[string]any{"workload": workload, "user": nil, "agent": nil, "task": nil, "trust_score": 100, "taints": []string{}},
		"object":  map[string]any{"id": "orders/" + orderID, "attributes": map[string]any{"amount": amount}},
		"environment": map[string]any{
			"is_root": true, "source_type": "internal", "parent_hash": "0", "policy_names": []string{"kest/allow_trusted"},
			"policy_tier": "function", "active_deviations": []any{}, "operation": "charge", "classification": kest.ClassSystem,
		},
		"identity": workload, "trust_score": 100,
	}))
	if err != nil || !results.Allowed() {
		return "", err
	}
	payload, err := canonicalJSON(entry)
	if err != nil {
		return "", err
	}
	signed, err := n.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// BenchmarkNaive is the baseline for BenchmarkHook/rego.
func BenchmarkNaive(b *testing.B) {
	n := newNaive(b)
	ctx := contextWith(b, regoEngine(b))
	op := func() {
		token, err := n.charge(b.Context(), "A-1001", 49.90)
		if err != nil || token == "" {
			b.Fatal(err)
		}
	}
	b.Run("composition", func(b *testing.B) { ratio.Compare(b, op, bareSign(b, ctx)) })
	b.Run("against-ours", func(b *testing.B) { ratio.Compare(b, op, ratio.Bound{Unit: "×hook", Run: charge(b, ctx)}) })
}
