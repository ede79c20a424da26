package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/jws"
)

// The workloads that sign in these tests.
const (
	gateway  = "spiffe://kest.test/gateway"
	payments = "spiffe://kest.test/payments"
	hostile  = "spiffe://kest.test/\u202estnemyap\x1b[2J\u009b"
)

// fixtures are the files that scripts find, by name, and environment variables
// with the hashes of the entries of passport.json (HASH0 and so on), those of the
// tips of fork.json, the ids of the approvers' keys (CISO, SRE), and a direction
// override. They are the same in every run but for live.json, which hooks have
// made.
func fixtures(t *testing.T) (files map[string][]byte, vars map[string]string) {
	files, vars = make(map[string][]byte), make(map[string]string)
	whole, forked := order(t), fork(t)
	passports := map[string][]string{
		"passport.json": whole,
		"cut.json":      whole[:2],
		"gap.json":      {whole[0], whole[2]},
		"empty.json":    {},
		"flipped.json":  {whole[0], flip(whole[1]), whole[2]},
		"altered.json":  {whole[0], alter(t, whole[1], "charge_card", "charge_cart"), whole[2]},
		"broken.json":   {whole[0], whole[1][:len(whole[1])-1], whole[2]},
		"fork.json":     forked,
		"replayed.json": replayed(t),
		"raised.json":   {forge(t, gateway, entry(1, "raise", document{"trust_score": 100}, document{"kest.source_type": "llm"}))},
		"partner.json":  {forge(t, gateway, entry(1, "import", document{"trust_score": 70}, document{"kest.source_type": "partner_feed"}))},
		"hostile.json":  hostileEntries(t),
		"long.json":     long(t),
		"many.json":     slices.Repeat(whole, 50),
		"crowd.json":    make([]string, kest.MaxPassportEntries+1),
	}
	for name, tokens := range passports {
		files[name] = marshal(t, tokens)
	}
	files["keys.jwks"] = marshal(t, keySet(t, key(gateway), key(payments), key(hostile)))
	files["wrong.jwks"] = marshal(t, keySet(t, key(gateway), kest.Key{Subject: payments, Public: public("somebody")}))
	files["none.jwks"] = marshal(t, keySet(t))
	files["private.jwks"] = marshal(t, map[string]any{"keys": []any{map[string]string{
		"kty": "OKP", "crv": "Ed25519", "sub": gateway, "x": base64.RawURLEncoding.EncodeToString(public(gateway)),
		"d": base64.RawURLEncoding.EncodeToString(private(gateway).Seed()),
	}}})
	files["live.json"] = live(t)
	maps.Copy(files, approverFiles(t))
	for i, token := range whole {
		vars[fmt.Sprintf("HASH%d", i)] = kest.Hash(token)
	}
	vars["OVERRIDE"] = "\u202e" // not in the scripts, which people read
	vars["CISO"], vars["SRE"] = key(ciso).ID(), key(sre).ID()
	vars["RIGHT"], vars["JOIN"] = kest.Hash(forked[2]), kest.Hash(forked[4])
	return files, vars
}

// order is a passport of three entries by two workloads.
func order(t *testing.T) []string {
	received := forge(t, gateway, entry(1, "receive_order", document{
		"trust_score": 40, "added_taints": []string{"pii"}, "taints": []string{"pii"},
	}, document{"kest.source_type": "user_input"}))
	charged := forge(t, payments, entry(2, "charge_card", document{
		"parent_ids": []string{kest.Hash(received)}, "classification": "data",
		"trust_score": 40, "added_taints": []string{"contains_data"}, "taints": []string{"contains_data", "pii"},
	}, nil))
	masked := forge(t, payments, entry(3, "mask_order", document{
		"parent_ids": []string{kest.Hash(charged)}, "classification": "sanitizer",
		"trust_score": 80, "added_taints": []string{"sanitized"}, "removed_taints": []string{"pii"},
		"taints": []string{"contains_data", "sanitized"},
	}, document{"kest.trust_override": "80"}))
	return []string{received, charged, masked}
}

// fork has a root, two entries that follow it, and one that joins the first of
// them with an entry of another root: two tips, two roots.
func fork(t *testing.T) []string {
	root := forge(t, gateway, entry(1, "root", nil, nil))
	left := forge(t, payments, entry(2, "left", document{"parent_ids": []string{kest.Hash(root)}}, nil))
	right := forge(t, payments, entry(3, "right", document{"parent_ids": []string{kest.Hash(root)}}, nil))
	other := forge(t, gateway, entry(4, "other_root", nil, nil))
	join := forge(t, payments, entry(5, "join", document{"parent_ids": []string{kest.Hash(left), kest.Hash(other)}}, nil))
	return []string{root, left, right, other, join}
}

// replayed goes on in another trace than it began.
func replayed(t *testing.T) []string {
	root := forge(t, gateway, entry(1, "first", nil, document{"trace_id": strings.Repeat("a", 32)}))
	return []string{root, forge(t, gateway, entry(2, "second", document{"parent_ids": []string{kest.Hash(root)}}, nil))}
}

// hostileEntries try to write into the auditor's terminal.
func hostileEntries(t *testing.T) []string {
	root := forge(t, hostile, entry(1, "pay\x1b[31m\u202e\u2066\x7f\U000e0041", document{
		"added_taints": []string{"-", "a,b", "x y\n"}, "taints": []string{"-", "a,b", "x y\n"},
	}, document{"principal": hostile}))
	child := forge(t, gateway, entry(2, "fine  spiffe://kest.test/payments  100", document{
		"parent_ids": []string{kest.Hash(root)}, "taints": []string{"-", "a,b", "x y\n"},
	}, nil))
	stranger := forge(t, gateway, entry(3, "p\u0430yments", nil, document{"principal": "spiffe://kest.test/p\u0430yments\u202e"}))
	return []string{root, child, "\x1b]0;title\x07.\u202e.", stranger}
}

// long has values that no line has room for.
func long(t *testing.T) []string {
	var tokens, hashes, taints []string
	for i := range 20 {
		token := forge(t, gateway, entry(i+1, "branch", nil, nil))
		tokens, hashes = append(tokens, token), append(hashes, kest.Hash(token))
		taints = append(taints, fmt.Sprintf("taint_%02d", i))
	}
	return append(tokens, forge(t, gateway, entry(21, strings.Repeat("operation.", 20)+"end", document{
		"parent_ids": hashes, "added_taints": taints, "taints": taints,
	}, nil)))
}

type document map[string]any

// entry is the payload of an entry that verifies, a root with the origin
// internal, with changes to its members and its labels.
func entry(number int, operation string, members, labels document) document {
	all := document{
		"trace_id":         "00000000000000000000000000000000",
		"kest.source_type": "internal",
	}
	maps.Copy(all, labels)
	d := document{
		"schema_version": "0.3.0",
		"runtime":        document{"name": "kest-go", "version": "0.3.0"},
		"entry_id":       fmt.Sprintf("01890000-0000-7000-8000-%012x", number),
		"operation":      operation,
		"classification": "system",
		"trust_score":    100,
		"parent_ids":     []string{"0"},
		"added_taints":   []string{}, "removed_taints": []string{}, "taints": []string{},
		"labels": all,
		"policy_context": document{
			"enterprise_policies": []string{}, "platform_policies": []string{}, "app_policies": []string{},
			"function_policies": []string{"kest/allow_trusted"}, "deviations": []string{},
		},
		"environment": document{}, "otel_context": document{}, "metadata": nil,
		"input_hash":   "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		"content_hash": "",
		"timestamp_ms": 1700000000000,
	}
	maps.Copy(d, members)
	return d
}

// forge signs a payload as a workload, and names it as the principal if the
// payload does not name another.
func forge(t *testing.T, workload string, payload document) string {
	t.Helper()
	if labels := payload["labels"].(document); labels["principal"] == nil {
		labels["principal"] = workload
	}
	canonical, err := jcs.Transform(marshal(t, payload))
	if err != nil {
		t.Fatal(err)
	}
	header, err := jws.EncodeHeader(jws.Thumbprint(public(workload)))
	if err != nil {
		t.Fatal(err)
	}
	signed := jws.AppendSigningInput(nil, header, canonical)
	return string(jws.AppendSignature(signed, ed25519.Sign(private(workload), signed)))
}

// alter changes the payload of an entry and keeps its signature.
func alter(t *testing.T, token, from, to string) string {
	t.Helper()
	segments := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil || !strings.Contains(string(payload), from) {
		t.Fatalf("the payload %s has no %q: %v", payload, from, err)
	}
	segments[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), from, to, 1)))
	return strings.Join(segments, ".")
}

// flip flips a bit in the middle of the payload's text.
func flip(token string) string {
	b := []byte(token)
	b[len(b)/2] ^= 1
	return string(b)
}

// live is a passport that hooks have made.
func live(t *testing.T) []byte {
	t.Helper()
	rt, err := kest.New(kest.Config{Engine: allow{}, Identity: identity(payments), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := kest.NewContext(t.Context(), rt)
	for _, operation := range []string{"first", "second", "third"} {
		hook := kest.MustHook(kest.HookConfig{Operation: operation, Policies: []string{"kest/allow"}, Source: "internal"})
		call, err := hook.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		call.Inherit()
		call.SetInput(append(call.Buffer(), `{}`...), nil)
		inside, err := call.Enter()
		if err != nil {
			t.Fatal(err)
		}
		defer call.End(&err)
		ctx = inside
	}
	return marshal(t, kest.PassportFromContext(ctx))
}

type allow struct{}

func (allow) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) { return true, nil }

type identity string

func (i identity) Signer(context.Context) (*kest.Signer, error) {
	return kest.NewSigner(string(i), private(string(i)))
}

// private is a key that belongs to a name, the same in every run.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) ed25519.PublicKey {
	return private(name).Public().(ed25519.PublicKey)
}

func key(workload string) kest.Key { return kest.Key{Subject: workload, Public: public(workload)} }

func keySet(t *testing.T, keys ...kest.Key) *kest.KeySet {
	t.Helper()
	set, err := kest.NewKeySet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
