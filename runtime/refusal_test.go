package kest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	kest "github.com/kestgo/kest/runtime"
)

func base64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signCompact makes a compact JWS with any header and payload and a good
// signature over them.
func signCompact(key ed25519.PrivateKey, header, payload string) string {
	signed := base64url(header) + "." + base64url(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
}

// TestRefusedEntries: PROTOCOL §5, the payload. Every token here is signed by a
// believed key under a good header, and go-jose accepts every one of them: a
// JOSE library does not look into the payload. What stands in the header and
// the segments is in the tables of package jws.
func TestRefusedEntries(t *testing.T) {
	good := validDocument(1).canonical(t)
	if _, err := kest.DecodeEntry(forge(t, good)); err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) string {
		if strings.Count(good, old) != 1 {
			t.Fatalf("%q stands %d times in the payload", old, strings.Count(good, old))
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, test := range map[string]struct{ payload, reason string }{
		"empty":                       {"", "want"},
		"not JSON":                    {"hello", "want"},
		"null":                        {"null", "want"},
		"array":                       {"[" + good + "]", "want"},
		"string":                      {`"entry"`, "want"},
		"cut off":                     {good[:len(good)-1], "end"},
		"second value":                {good + "{}", "after the end"},
		"newline at the end":          {good + "\n", "after the end"},
		"space inside":                {replace(`"content_hash":""`, `"content_hash": ""`), "canonical"},
		"space at the start":          {" " + good, "canonical"},
		"byte order mark":             {"\ufeff" + good, "canonical"},
		"members out of order":        {`{"classification":"system",` + strings.Replace(good[1:], `"classification":"system",`, "", 1), "out of order"},
		"duplicate member":            {replace(`"content_hash":"",`, `"content_hash":"","content_hash":"",`), "twice"},
		"duplicate at the end":        {strings.TrimSuffix(good, "}") + `,"trust_score":0}`, "twice"},
		"duplicate label":             {replace(`"principal":`, `"kest.source_type":"llm","principal":`), "twice"},
		"labels out of order":         {replace(`"principal":"`+workload+`"`, `"zz":"","principal":"`+workload+`"`), "out of order"},
		"unknown member":              {replace(`"metadata":null,`, `"metadata":null,"note":"",`), `unknown member "note"`},
		"unknown member at the end":   {strings.TrimSuffix(good, "}") + `,"zz":0}`, `unknown member "zz"`},
		"missing member":              {replace(`"metadata":null,`, ``), "missing"},
		"missing last member":         {replace(`,"trust_score":100`, ``), "missing"},
		"unknown policy_context":      {replace(`"app_policies":[],`, `"aa":[],"app_policies":[],`), "unknown member"},
		"policy_context left out":     {replace(`"policy_context":{"app_policies":[],"deviations":[],"enterprise_policies":[],"function_policies":["kest/allow"],"platform_policies":[]},`, ``), "missing"},
		"unknown runtime member":      {replace(`"name":"kest-go",`, `"language":"go","name":"kest-go",`), "unknown member"},
		"escaped slash":               {replace(`kest/allow`, `kest\/allow`), "escape"},
		"escaped letter":              {replace(`"forged"`, `"f\u006frged"`), "escaped in another way"},
		"upper-case escape":           {replace(`"forged"`, `"forged\u001F"`), "escaped in another way"},
		"long escape of a newline":    {replace(`"forged"`, `"forged\u000a"`), "escaped in another way"},
		"lone surrogate":              {replace(`"forged"`, `"\ud800"`), "escape"},
		"surrogate pair escaped":      {replace(`"forged"`, `"\ud83d\ude00"`), "escape"},
		"raw control character":       {replace(`"forged"`, "\"for\x01ged\""), "control character"},
		"invalid UTF-8":               {replace(`"forged"`, "\"for\xffged\""), "UTF-8"},
		"overlong UTF-8":              {replace(`"forged"`, "\"for\xc0\xafged\""), "UTF-8"},
		"surrogate in UTF-8":          {replace(`"forged"`, "\"for\xed\xa0\x80ged\""), "UTF-8"},
		"invalid UTF-8 after escape":  {replace(`"forged"`, "\"for\\n\xffged\""), "UTF-8"},
		"string without end":          {good[:strings.Index(good, "forged")], "no end"},
		"number as 1e2":               {replace(`"trust_score":100`, `"trust_score":1e2`), "canonical"},
		"number as 100.0":             {replace(`"trust_score":100`, `"trust_score":100.0`), "canonical"},
		"number with zeros":           {replace(`"trust_score":100`, `"trust_score":0100`), "canonical"},
		"number minus zero":           {replace(`"trust_score":100`, `"trust_score":-0`), "canonical"},
		"number beyond 2^53":          {replace(`"timestamp_ms":1700000000000`, `"timestamp_ms":9007199254740993`), "canonical"},
		"number as a string":          {replace(`"trust_score":100`, `"trust_score":"100"`), "integer"},
		"trust 101":                   {replace(`"trust_score":100`, `"trust_score":101`), "trust_score 101"},
		"trust -1":                    {replace(`"trust_score":100`, `"trust_score":-1`), "trust_score -1"},
		"time before 1970":            {replace(`"timestamp_ms":1700000000000`, `"timestamp_ms":-5`), "negative"},
		"taints null":                 {replace(`"added_taints":[]`, `"added_taints":null`), "want"},
		"taint not a string":          {replace(`"added_taints":[]`, `"added_taints":[1]`), "want"},
		"taint empty":                 {replace(`"added_taints":[]`, `"added_taints":[""]`), "taint is empty"},
		"label not a string":          {replace(`"kest.source_type":"internal"`, `"kest.source_type":1`), "want"},
		"labels without principal":    {replace(`"principal":"`+workload+`",`, ``), "principal"},
		"trace_id short":              {replace(strings.Repeat("0", 32), strings.Repeat("0", 31)), "trace_id"},
		"trace_id upper case":         {replace(strings.Repeat("0", 32), strings.Repeat("A", 32)), "trace_id"},
		"no parents":                  {replace(`"parent_ids":["0"]`, `"parent_ids":[]`), "parent_ids is empty"},
		"root among parents":          {replace(`"parent_ids":["0"]`, `"parent_ids":["0","`+strings.Repeat("a", 64)+`"]`), "stands alone"},
		"parent twice":                {replace(`"parent_ids":["0"]`, `"parent_ids":["`+strings.Repeat("a", 64)+`","`+strings.Repeat("a", 64)+`"]`), "twice"},
		"parent upper case":           {replace(`"parent_ids":["0"]`, `"parent_ids":["`+strings.Repeat("A", 64)+`"]`), "lower-case"},
		"parent short":                {replace(`"parent_ids":["0"]`, `"parent_ids":["`+strings.Repeat("a", 63)+`"]`), "64"},
		"other schema":                {replace(`"schema_version":"0.3.0"`, `"schema_version":"0.4.0"`), "schema_version"},
		"other classification":        {replace(`"classification":"system"`, `"classification":"secret"`), "classification"},
		"no operation":                {replace(`"operation":"forged"`, `"operation":""`), "operation"},
		"entry_id of version 4":       {replace(entryID(1), "01890000-0000-4000-8000-000000000001"), "entry_id"},
		"entry_id upper case":         {replace(entryID(1), "01890000-0000-7000-8000-00000000000A"), "entry_id"},
		"entry_id of another variant": {replace(entryID(1), "01890000-0000-7000-c000-000000000001"), "entry_id"},
		"content_hash":                {replace(`"content_hash":""`, `"content_hash":"`+strings.Repeat("a", 64)+`"`), "content_hash"},
		"input_hash short":            {replace(`"input_hash":"44`, `"input_hash":"4`), "input_hash"},
		"deviation of no tier":        {replace(`"deviations":[]`, `"deviations":[{"approver":"a","policy":"p","reason":"r","tier":"function"}]`), "tier"},
		"deviation incomplete":        {replace(`"deviations":[]`, `"deviations":[{"approver":"a","policy":"p","reason":"r"}]`), "missing"},
		"metadata not canonical":      {replace(`"metadata":null`, `"metadata":{"b":1,"a":2}`), "metadata"},
		"metadata with duplicates":    {replace(`"metadata":null`, `"metadata":{"a":1,"a":2}`), "metadata"},
		"metadata not JSON":           {replace(`"metadata":null`, `"metadata":nope`), "metadata"},
		"metadata left out":           {replace(`"metadata":null`, `"metadata":`), "metadata"},
		"metadata too deep":           {replace(`"metadata":null`, `"metadata":`+strings.Repeat("[", 16)+strings.Repeat("]", 16)), "metadata"},
		"metadata unbalanced":         {replace(`"metadata":null`, `"metadata":]`), "metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			token := forge(t, test.payload)
			_, err := kest.DecodeEntry(token)
			if !errors.Is(err, kest.ErrLineage) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error = %v, want ErrLineage that holds %q", err, test.reason)
			}
			wantFailure(t, verifier(t).Verify(t.Context(), parsePassport(t, token)), 0, kest.CheckToken)
			if test.payload == "" {
				return // go-jose takes an empty payload for a detached one
			}
			if !joseAccepts(token) {
				t.Error("go-jose refuses it: correct the comment of this test")
			}
		})
	}
}

func joseAccepts(token string) bool {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return false
	}
	_, err = signed.Verify(privateKey(workload).Public())
	return err == nil
}

func TestAcceptedEntries(t *testing.T) {
	for name, change := range map[string]func(document){
		"metadata":          func(d document) { d["metadata"] = document{"a": []any{1, "x", nil, 1.5}, "b": document{}} },
		"metadata text":     func(d document) { d["metadata"] = "plain, with } and ," },
		"metadata at depth": func(d document) { d["metadata"] = deep(15) },
		"escapes":           func(d document) { d["operation"] = "a\"b\\c\n\t\b\f\r\x1f\u2028é😀" },
		"otel_context": func(d document) {
			d["otel_context"] = document{"traceparent": "00-…", "\u20ac": "€", "\ufb33": "x", "😀": "y"}
		},
		"no input hash": func(d document) { d["input_hash"] = "" },
		"deviation": func(d document) {
			d["policy_context"].(document)["deviations"] = []any{document{"approver": "a", "policy": "p", "reason": "r", "tier": "platform"}}
		},
		"future library": func(d document) { d["runtime"].(document)["version"] = "9.9.9" },
	} {
		t.Run(name, func(t *testing.T) {
			d := validDocument(1)
			change(d)
			if err := verifier(t).Verify(t.Context(), parsePassport(t, forge(t, d.canonical(t)))); err != nil {
				t.Error(err)
			}
		})
	}
}

func deep(levels int) any {
	if levels == 0 {
		return 1
	}
	return []any{deep(levels - 1)}
}

func TestRefusedPassports(t *testing.T) {
	token := forge(t, validDocument(1).canonical(t))
	for name, text := range map[string]string{
		"empty":            ``,
		"null":             `null`,
		"object":           `{"passport":[]}`,
		"string":           `"` + token + `"`,
		"bare token":       token,
		"number inside":    `[1]`,
		"null inside":      `[null]`,
		"array inside":     `[["` + token + `"]]`,
		"trailing comma":   `["` + token + `",]`,
		"second array":     `[][]`,
		"cut off":          `["` + token,
		"invalid UTF-8":    "[\"\xff\"]",
		"lone surrogate":   `["\ud800"]`,
		"too many entries": `[""` + strings.Repeat(`,""`, 32768) + `]`,
		"oversized entry":  `["` + strings.Repeat("a", 64<<10+1) + `"]`,
		"oversized":        `["` + strings.Repeat(strings.Repeat("a", 1<<10)+`","`, 17<<10) + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := kest.ParsePassport([]byte(text)); !errors.Is(err, kest.ErrLineage) {
				t.Errorf("error = %v, want ErrLineage", err)
			}
			if err := json.Unmarshal([]byte(text), new(kest.Passport)); err == nil && text != "null" {
				t.Error("json.Unmarshal reads it")
			}
		})
	}
	for name, text := range map[string]string{"white space": " [\n\"" + token + "\" ] \n", "escapes": `["` + strings.Replace(token, "e", `\u0065`, 1) + `"]`} {
		t.Run(name, func(t *testing.T) {
			p, err := kest.ParsePassport([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier(t).Verify(t.Context(), p); err != nil {
				t.Error(err)
			}
		})
	}
}
