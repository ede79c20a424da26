package opa

import (
	"encoding/json"
	"net/url"
	"path"
	"testing"
)

// FuzzDecide holds the strict reader against encoding/json: what ours calls
// allowed, any reader calls allowed.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		`{"result":{"allow":true}}`, `{"result":{"allow":false}}`, `{"result":{}}`, `{}`, `{"result":true}`,
		`{"result":{"allow":true},"result":{}}`, `{"decision_id":"x","result":{"allow":true,"x":[1,{}]}}`, `[`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		allowed, err := decide(answer, []string{"result", "allow"})
		if err != nil && allowed {
			t.Fatalf("allowed together with %v", err)
		}
		if err != nil {
			return
		}
		// Maps, since struct fields match without regard to case.
		var members map[string]json.RawMessage
		if err := json.Unmarshal(answer, &members); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		var result map[string]any
		if err := json.Unmarshal(members["result"], &result); err != nil {
			t.Fatalf("accepted a result that is no object: %v", err)
		}
		if allowed != (result["allow"] == true) {
			t.Fatalf("got %t for %q", allowed, answer)
		}
	})
}

// FuzzDataPath: a name that is accepted names one document, whichever way a
// server or proxy reads the path.
func FuzzDataPath(f *testing.F) {
	for _, seed := range []string{"kest/allow_trusted", "", "..", "a/../b", "a//b", "a?b", "a#b", "a%2fb", "ключ/a:b", "a\\b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, policy string) {
		escaped, err := dataPath(policy)
		if err != nil {
			return
		}
		u, err := url.Parse("http://127.0.0.1:8181/v1/data" + escaped + "?strict-builtin-errors=true")
		if err != nil {
			t.Fatal(err)
		}
		want := "/v1/data/" + policy
		if u.Path != want || path.Clean(u.Path) != want || u.Host != "127.0.0.1:8181" || u.RawQuery != "strict-builtin-errors=true" || u.Fragment != "" {
			t.Fatalf("%q becomes %q", policy, u)
		}
	})
}
