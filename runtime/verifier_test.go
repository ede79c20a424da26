package kest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"go.opentelemetry.io/otel/trace"
)

// threeEntries is a passport of three nested calls, with what a verifier of it
// needs.
func threeEntries(t testing.TB) []string {
	ctx := testContext(t, kest.Config{})
	ctx = enter(t, ctx, hook(kest.HookConfig{Operation: "first", Source: "user_input", AddTaints: []string{"pii"}}))
	ctx = enter(t, ctx, hook(kest.HookConfig{Operation: "second", Source: "internal"}))
	ctx = enter(t, ctx, hook(kest.HookConfig{Operation: "third", Classification: kest.ClassSanitizer, RemoveTaints: []string{"pii"}}))
	return kest.PassportFromContext(ctx).Tokens()
}

func wantFailure(t *testing.T, err error, entry int, check kest.Check) {
	t.Helper()
	var failure *kest.VerifyError
	if !errors.As(err, &failure) {
		t.Fatalf("error = %v (%T), want *VerifyError", err, err)
	}
	if failure.Entry != entry || failure.Check != check {
		t.Errorf("error is about entry %d and check %q, want %d and %q: %v", failure.Entry, failure.Check, entry, check, err)
	}
	if !errors.Is(err, kest.ErrLineage) {
		t.Errorf("error %v does not match ErrLineage", err)
	}
}

// TestTC02ChainBreak: an entry of three that is missing, swapped or replaced is
// found, and the entry that misses its parent is named.
func TestTC02ChainBreak(t *testing.T) {
	tokens := threeEntries(t)
	v := verifier(t)
	if err := v.Verify(t.Context(), parsePassport(t, tokens...)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		tokens []string
		entry  int
		check  kest.Check
	}{
		"middle removed": {[]string{tokens[0], tokens[2]}, 1, kest.CheckParents},
		"root removed":   {[]string{tokens[1], tokens[2]}, 0, kest.CheckParents},
		"swapped":        {[]string{tokens[0], tokens[2], tokens[1]}, 1, kest.CheckParents},
		"replaced":       {[]string{tokens[0], forge(t, validDocument(1).canonical(t)), tokens[2]}, 2, kest.CheckParents},
		"repeated":       {[]string{tokens[0], tokens[1], tokens[1], tokens[2]}, 2, kest.CheckDuplicate},
	} {
		t.Run(name, func(t *testing.T) {
			wantFailure(t, v.Verify(t.Context(), parsePassport(t, test.tokens...)), test.entry, test.check)
		})
	}
}

// TestTC03AlteredSignature: each part of an entry, altered, is found at that
// entry.
func TestTC03AlteredSignature(t *testing.T) {
	tokens := threeEntries(t)
	for part, name := range []string{"header", "payload", "signature"} {
		t.Run(name, func(t *testing.T) {
			segments := strings.Split(tokens[1], ".")
			middle := len(segments[part]) / 2
			flipped := []byte(segments[part])
			if flipped[middle]++; flipped[middle] == 'z'+1 || flipped[middle] == 'Z'+1 || flipped[middle] == '9'+1 {
				flipped[middle] = 'A'
			}
			segments[part] = string(flipped)
			altered := []string{tokens[0], strings.Join(segments, "."), tokens[2]}
			err := verifier(t).Verify(t.Context(), parsePassport(t, altered...))
			var failure *kest.VerifyError
			if !errors.As(err, &failure) || failure.Entry != 1 {
				t.Errorf("error = %v, want one about entry 1", err)
			}
		})
	}
	t.Run("of another entry", func(t *testing.T) {
		first, second := strings.Split(tokens[0], "."), strings.Split(tokens[1], ".")
		altered := strings.Join([]string{second[0], second[1], first[2]}, ".")
		wantFailure(t, verifier(t).Verify(t.Context(), parsePassport(t, tokens[0], altered)), 1, kest.CheckSignature)
	})
}

// TestVerifierRecomputes: a node may not assert its own trust or taints. Every
// entry here has a good signature by a believed key.
func TestVerifierRecomputes(t *testing.T) {
	for name, test := range map[string]struct {
		change func(d document)
		check  kest.Check // "" if it has to verify
	}{
		"unchanged":                {func(document) {}, ""},
		"trust raised":             {func(d document) { d["trust_score"] = 100; d["labels"].(document)["kest.source_type"] = "internet" }, kest.CheckTrustScore},
		"trust lowered":            {func(d document) { d["trust_score"] = 99 }, kest.CheckTrustScore},
		"no source":                {func(d document) { delete(d["labels"].(document), "kest.source_type") }, kest.CheckLabels},
		"empty source is 10":       {func(d document) { d["labels"].(document)["kest.source_type"] = ""; d["trust_score"] = 10 }, ""},
		"unknown source":           {func(d document) { d["labels"].(document)["kest.source_type"] = "nobody"; d["trust_score"] = 10 }, kest.CheckTrustScore},
		"override":                 {func(d document) { d["labels"].(document)["kest.trust_override"] = "7"; d["trust_score"] = 7 }, ""},
		"override without effect":  {func(d document) { d["labels"].(document)["kest.trust_override"] = "7" }, kest.CheckTrustScore},
		"override clamped":         {func(d document) { d["labels"].(document)["kest.trust_override"] = "700" }, ""},
		"override not a number":    {func(d document) { d["labels"].(document)["kest.trust_override"] = "seven" }, kest.CheckTrustScore},
		"override with a sign":     {func(d document) { d["labels"].(document)["kest.trust_override"] = "+100" }, kest.CheckTrustScore},
		"unknown evaluator":        {func(d document) { d["labels"].(document)["kest.trust_evaluator"] = "mine" }, kest.CheckTrustScore},
		"no trace id":              {func(d document) { delete(d["labels"].(document), "trace_id") }, kest.CheckLabels},
		"taint from nowhere":       {func(d document) { d["taints"] = []string{"pii"} }, kest.CheckTaints},
		"taint dropped":            {func(d document) { d["added_taints"] = []string{"pii"} }, kest.CheckTaints},
		"taints unsorted":          {func(d document) { d["added_taints"] = []string{"a", "b"}; d["taints"] = []string{"b", "a"} }, kest.CheckTaints},
		"taints repeated":          {func(d document) { d["added_taints"] = []string{"a"}; d["taints"] = []string{"a", "a"} }, kest.CheckTaints},
		"untaint without a reason": {func(d document) { d["removed_taints"] = []string{"pii"} }, kest.CheckTaints},
		"untaint as a sanitizer":   {func(d document) { d["removed_taints"] = []string{"pii"}; d["classification"] = "sanitizer" }, ""},
		"other principal":          {func(d document) { d["labels"].(document)["principal"] = "spiffe://kest.test/admin" }, kest.CheckKey},
	} {
		t.Run(name, func(t *testing.T) {
			d := validDocument(1)
			test.change(d)
			err := verifier(t).Verify(t.Context(), parsePassport(t, forge(t, d.canonical(t))))
			if test.check == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantFailure(t, err, 0, test.check)
		})
	}
}

func TestVerifierRecomputesFromParents(t *testing.T) {
	root := validDocument(1)
	root["labels"].(document)["kest.source_type"] = "internet"
	root["trust_score"] = 10
	root["added_taints"], root["taints"] = []string{"pii"}, []string{"pii"}
	rootToken := forge(t, root.canonical(t))
	child := func(change func(document)) string {
		d := validDocument(2)
		d["parent_ids"] = []string{kest.Hash(rootToken)}
		d["trust_score"] = 10
		d["taints"] = []string{"pii"}
		change(d)
		return forge(t, d.canonical(t))
	}
	v := verifier(t)
	if err := v.Verify(t.Context(), parsePassport(t, rootToken, child(func(document) {}))); err != nil {
		t.Fatal(err)
	}
	wantFailure(t, v.Verify(t.Context(), parsePassport(t, rootToken, child(func(d document) { d["trust_score"] = 100 }))), 1, kest.CheckTrustScore)
	wantFailure(t, v.Verify(t.Context(), parsePassport(t, rootToken, child(func(d document) { d["taints"] = []string{} }))), 1, kest.CheckTaints)
	wantFailure(t, v.Verify(t.Context(), parsePassport(t, rootToken, child(func(d document) { d["entry_id"] = entryID(1) }))), 1, kest.CheckDuplicate)
	wantFailure(t, v.Verify(t.Context(), parsePassport(t, rootToken, child(func(d document) { d["parent_ids"] = []string{"0"} }))), 1, kest.CheckTaints)
}

func TestVerifierExpectations(t *testing.T) {
	tokens := threeEntries(t)
	whole := parsePassport(t, tokens...)
	cut := parsePassport(t, tokens[:2]...)
	second := forge(t, func() string {
		d := validDocument(9)
		d["labels"].(document)["trace_id"] = strings.Repeat("a", 32)
		return d.canonical(t)
	}())
	twoRoots := parsePassport(t, append([]string{second}, tokens...)...)
	tip := kest.Hash(tokens[2])
	for name, test := range map[string]struct {
		verifier kest.Verifier
		passport *kest.Passport
		check    kest.Check
	}{
		"count":                   {kest.Verifier{Count: 3}, whole, ""},
		"count, cut off":          {kest.Verifier{Count: 3}, cut, kest.CheckCount},
		"tip":                     {kest.Verifier{Tips: []string{tip}}, whole, ""},
		"tip, cut off":            {kest.Verifier{Tips: []string{tip}}, cut, kest.CheckTips},
		"tip, none expected":      {kest.Verifier{Tips: []string{}}, whole, kest.CheckTips},
		"tip, empty passport":     {kest.Verifier{Tips: []string{tip}}, parsePassport(t), kest.CheckTips},
		"cut off, nobody can see": {kest.Verifier{}, cut, ""},
		"one root":                {kest.Verifier{SingleRoot: true}, whole, ""},
		"two roots":               {kest.Verifier{SingleRoot: true}, twoRoots, kest.CheckRoots},
		"two roots, not asked":    {kest.Verifier{}, twoRoots, ""},
		"one root, empty":         {kest.Verifier{SingleRoot: true}, parsePassport(t), kest.CheckRoots},
		"this root":               {kest.Verifier{Root: kest.Hash(tokens[0])}, whole, ""},
		"another root":            {kest.Verifier{Root: kest.Hash(second)}, whole, kest.CheckRoots},
		"empty passport":          {kest.Verifier{}, parsePassport(t), ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.verifier.Keys = keySet(t, workload)
			err := test.verifier.Verify(t.Context(), test.passport)
			if test.check == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantFailure(t, err, -1, test.check)
		})
	}
}

// TestVerifierSameTrace: a passport replayed into another trace.
func TestVerifierSameTrace(t *testing.T) {
	root := forge(t, validDocument(1).canonical(t))
	d := validDocument(2)
	d["parent_ids"] = []string{kest.Hash(root)}
	d["labels"].(document)["trace_id"] = strings.Repeat("a", 32)
	p := parsePassport(t, root, forge(t, d.canonical(t)))
	v := verifier(t)
	if err := v.Verify(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	v.SameTrace = true
	wantFailure(t, v.Verify(t.Context(), p), 1, kest.CheckTraceID)
}

// TestVerifierDepartures: what may be waived for other runtimes, and what not.
func TestVerifierDepartures(t *testing.T) {
	python := func(change func(document)) *kest.Passport {
		d := validDocument(1)
		d["runtime"] = document{"name": "kest-python", "version": "0.3.0"}
		delete(d["labels"].(document), "trace_id")
		delete(d["labels"].(document), "kest.source_type")
		d["taints"] = []string{"b", "a"}
		change(d)
		return parsePassport(t, forge(t, d.canonical(t)))
	}
	lax := kest.Departures{NoTraceID: true, UnsortedTaints: true, NoRecomputation: true}
	verify := func(d kest.Departures, p *kest.Passport) error {
		v := verifier(t)
		v.Departures = map[string]kest.Departures{"kest-python": d}
		return v.Verify(t.Context(), p)
	}
	same := func(document) {}
	if err := verify(lax, python(same)); err != nil {
		t.Error(err)
	}
	wantFailure(t, verify(kest.Departures{UnsortedTaints: true, NoRecomputation: true}, python(same)), 0, kest.CheckLabels)
	wantFailure(t, verify(kest.Departures{NoTraceID: true, NoRecomputation: true}, python(same)), 0, kest.CheckTaints)
	wantFailure(t, verify(kest.Departures{NoTraceID: true, UnsortedTaints: true}, python(same)), 0, kest.CheckTaints)
	wantFailure(t, verify(lax, python(func(d document) { d["runtime"].(document)["name"] = "kest-rust" })), 0, kest.CheckLabels)
	wantFailure(t, verify(lax, python(func(d document) { d["parent_ids"] = []string{strings.Repeat("a", 64)} })), 0, kest.CheckParents)

	v := verifier(t)
	v.Departures = map[string]kest.Departures{kest.RuntimeName: lax}
	if err := v.Verify(t.Context(), parsePassport(t)); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("departures for this library's own entries: %v, want ErrConfig", err)
	}
}

// TestVerifierDoesNotHandOutItsOrigins: F-TS-02, the seven cannot be changed.
func TestVerifierDoesNotHandOutItsOrigins(t *testing.T) {
	rt := newRuntime(t, kest.Config{Keys: keySet(t, workload)})
	v, err := rt.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	v.Origins["llm"] = 100
	kest.BuiltinOrigins()["internet"] = 100
	if origins := kest.BuiltinOrigins(); origins["llm"] != 0 || origins["internet"] != 10 {
		t.Errorf("built-in origins were changed: %v", origins)
	}
	ctx := enter(t, kest.NewContext(t.Context(), rt), hook(kest.HookConfig{Source: "llm"}))
	if got := lastEntry(t, ctx).TrustScore; got != 0 {
		t.Errorf("trust_score of an llm = %d, want 0", got)
	}
}

// TestVerifierManyTaints: joins of many parents with thousands of taints cost
// what sorting them costs. With a product of the lists this takes minutes.
func TestVerifierManyTaints(t *testing.T) {
	names := make([]string, 1500)
	for i := range names {
		names[i] = fmt.Sprintf("taint-%05d", i)
	}
	var tokens, parents []string
	for i := range 60 {
		d := validDocument(i)
		d["added_taints"], d["taints"] = names, names
		tokens = append(tokens, forge(t, d.canonical(t)))
		parents = append(parents, kest.Hash(tokens[i]))
	}
	for i := range 40 {
		d := validDocument(100 + i)
		d["parent_ids"], d["removed_taints"], d["classification"] = parents, names[:750], "sanitizer"
		d["taints"] = names[750:]
		tokens = append(tokens, forge(t, d.canonical(t)))
	}
	if err := verifier(t).Verify(t.Context(), parsePassport(t, tokens...)); err != nil {
		t.Error(err)
	}
}

func TestAcceptIntoAnotherTrace(t *testing.T) {
	d := validDocument(1)
	d["labels"].(document)["trace_id"] = strings.Repeat("a", 32)
	p := parsePassport(t, forge(t, d.canonical(t)))
	v := verifier(t)
	v.SameTrace = true
	in := func(id string) context.Context {
		traceID, err := trace.TraceIDFromHex(id)
		if err != nil {
			t.Fatal(err)
		}
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: trace.SpanID{1}}))
	}
	if _, err := v.Accept(in(strings.Repeat("a", 32)), p); err != nil {
		t.Error(err)
	}
	_, err := v.Accept(in(strings.Repeat("b", 32)), p)
	wantFailure(t, err, 0, kest.CheckTraceID)
}

func TestVerifierStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := verifier(t).Verify(ctx, parsePassport(t, threeEntries(t)...))
	wantFailure(t, err, 0, kest.CheckCanceled)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v hides its cause", err)
	}
}

func TestVerifierWithoutKeysOrPassport(t *testing.T) {
	if err := (&kest.Verifier{}).Verify(t.Context(), parsePassport(t)); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("error = %v, want ErrConfig", err)
	}
	if err := verifier(t).Verify(t.Context(), nil); err == nil {
		t.Error("a nil passport verifies")
	}
}

func TestAcceptContinuesTheLineage(t *testing.T) {
	tokens := threeEntries(t)
	ctx := testContext(t, kest.Config{})
	accepted, err := verifier(t).Accept(ctx, parsePassport(t, tokens...))
	if err != nil {
		t.Fatal(err)
	}
	inside := enter(t, accepted, hook(kest.HookConfig{}))
	if got := lastEntry(t, inside).ParentIDs; len(got) != 1 || got[0] != kest.Hash(tokens[2]) {
		t.Errorf("parents = %q, want the tip that was accepted", got)
	}
	if err := verifier(t).Verify(ctx, kest.PassportFromContext(inside)); err != nil {
		t.Error(err)
	}
	if _, err := verifier(t).Accept(ctx, parsePassport(t, tokens[1])); !errors.Is(err, kest.ErrLineage) {
		t.Errorf("a broken passport is accepted: %v", err)
	}
	if _, err := kest.JoinPassports(ctx, parsePassport(t, tokens...)); !errors.Is(err, kest.ErrLineage) {
		t.Errorf("a passport that nobody verified is joined: %v", err)
	}
}

func TestRuntimeVerifier(t *testing.T) {
	if _, err := newRuntime(t, kest.Config{}).Verifier(); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("a verifier without a key source: %v, want ErrConfig", err)
	}
	rt := newRuntime(t, kest.Config{Keys: keySet(t, workload), Origins: map[string]int{"partner": 70}, Evaluator: kest.Weighted{Self: 10}})
	ctx := enter(t, kest.NewContext(t.Context(), rt), hook(kest.HookConfig{Source: "partner"}))
	v, err := rt.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(ctx, kest.PassportFromContext(ctx)); err != nil {
		t.Error(err)
	}
}

func FuzzParsePassport(f *testing.F) {
	// Forged ones are the same in every process that fuzzes.
	root := forge(f, validDocument(1).canonical(f))
	child := validDocument(2)
	child["parent_ids"] = []string{kest.Hash(root)}
	tokens := []string{root, forge(f, child.canonical(f))}
	whole, err := json.Marshal(tokens)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`[]`))
	f.Add([]byte(`["a.b.c"]`))
	f.Add([]byte(`[[]]`))
	v := &kest.Verifier{Keys: keySet(f, workload)}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := kest.ParsePassport(data)
		if err != nil {
			if !errors.Is(err, kest.ErrLineage) {
				t.Fatalf("error %v does not match ErrLineage", err)
			}
			return
		}
		written, err := p.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := kest.ParsePassport(written)
		if err != nil || again.Len() != p.Len() {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
		if err := v.Verify(t.Context(), p); err == nil {
			for _, token := range p.Tokens() {
				if !slices.Contains(tokens, token) {
					t.Fatalf("an entry that nobody signed verifies: %s", token)
				}
			}
		}
	})
}
