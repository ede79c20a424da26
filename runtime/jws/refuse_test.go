package jws

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

const (
	goodHeader  = `{"alg":"EdDSA","kid":"a","typ":"JWS"}`
	goodPayload = `{"a":1}`
)

// signEncoded signs segments that are encoded already, however that was done.
func signEncoded(header, payload string) string {
	input := []byte(header + "." + payload)
	return string(AppendSignature(input, ed25519.Sign(testKey, input)))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// Every token here is signed with the right key, as it stands or before it was
// changed, wherever that is possible: it is the envelope that is refused. The
// last column records whether go-jose v4 accepts the same token, that is what a
// general library lets through.
func TestRefuses(t *testing.T) {
	good := sign(goodHeader, goodPayload)
	part := strings.Split(good, ".")
	// The last character of each segment here has bits that encode nothing.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	trailing := func(s string) string {
		last := strings.IndexByte(alphabet, s[len(s)-1])
		return s[:len(s)-1] + string(alphabet[last+1])
	}
	shortSignature := base64.RawURLEncoding.EncodeToString(make([]byte, 63))
	longSignature := base64.RawURLEncoding.EncodeToString(make([]byte, 65))

	const accepted, refused = true, false
	for _, c := range []struct {
		name   string
		token  string
		reason error
		goJose bool
	}{
		{"empty", "", ErrSegments, refused},
		{"one segment", part[0], ErrSegments, refused},
		{"two segments", part[0] + "." + part[1], ErrSegments, refused},
		{"four segments", good + ".", ErrSegments, refused},
		{"five segments, as JWE", good + ".a.b", ErrSegments, refused},
		{"JSON serialization", `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`, ErrSegments, refused},
		{"too large", sign(goodHeader, strings.Repeat("x", MaxSize)), ErrSize, accepted},

		{"padded header", signEncoded(part[0]+"==", part[1]), ErrBase64, refused},
		{"padded payload", signEncoded(part[0], part[1]+"=="), ErrBase64, refused},
		{"padded signature", good + "==", ErrBase64, refused},
		{"newline in payload", signEncoded(part[0], part[1][:4]+"\n"+part[1][4:]), ErrBase64, refused},
		{"carriage return in header", signEncoded(part[0][:4]+"\r"+part[0][4:], part[1]), ErrBase64, refused},
		// go-jose decodes and encodes again before it verifies, so what is
		// added after signing passes: one signature, many spellings, and each
		// has another hash.
		{"newline put into payload", part[0] + "." + part[1][:4] + "\n" + part[1][4:] + "." + part[2], ErrBase64, accepted},
		{"carriage return put into header", part[0][:4] + "\r" + part[0][4:] + "." + part[1] + "." + part[2], ErrBase64, accepted},
		{"newline at the end", good + "\n", ErrBase64, accepted},
		{"newline at the start", "\n" + good, ErrBase64, accepted},
		{"trailing bits put into header", trailing(part[0]) + "." + part[1] + "." + part[2], ErrBase64, accepted},
		{"trailing bits put into payload", part[0] + "." + trailing(part[1]) + "." + part[2], ErrBase64, accepted},
		{"trailing bits put into signature", part[0] + "." + part[1] + "." + trailing(part[2]), ErrBase64, accepted},
		{"space in payload", signEncoded(part[0], part[1][:4]+" "+part[1][4:]), ErrBase64, refused},
		{"trailing bits in header", signEncoded(trailing(part[0]), part[1]), ErrBase64, refused},
		{"trailing bits in payload", signEncoded(part[0], trailing(part[1])), ErrBase64, refused},
		{"standard alphabet", signEncoded(part[0], "+/+/"), ErrBase64, refused},
		{"length no base64 has", signEncoded(part[0], "AAAAA"), ErrBase64, refused},
		{"not ASCII", signEncoded(part[0], "é"), ErrBase64, refused},

		{"empty header", signEncoded("", part[1]), ErrHeader, refused},
		{"header is no JSON", sign(`alg`, goodPayload), ErrHeader, refused},
		{"header is an array", sign(`["EdDSA"]`, goodPayload), ErrHeader, refused},
		{"header is null", sign(`null`, goodPayload), ErrHeader, refused},
		{"header with text behind", sign(goodHeader+`{}`, goodPayload), ErrHeader, refused},
		{"header with a comma behind", sign(`{"alg":"EdDSA","typ":"JWS",}`, goodPayload), ErrHeader, refused},
		{"header not UTF-8", sign("{\"alg\":\"EdDSA\",\"kid\":\"\xff\",\"typ\":\"JWS\"}", goodPayload), ErrHeader, accepted},
		{"lone surrogate", sign(`{"alg":"EdDSA","kid":"\ud800","typ":"JWS"}`, goodPayload), ErrHeader, accepted},
		{"duplicate alg", sign(`{"alg":"EdDSA","alg":"EdDSA","typ":"JWS"}`, goodPayload), ErrDuplicate, refused},
		{"duplicate alg, escaped", sign(`{"alg":"EdDSA","\u0061lg":"EdDSA","typ":"JWS"}`, goodPayload), ErrDuplicate, refused},
		{"duplicate kid", sign(`{"alg":"EdDSA","kid":"a","typ":"JWS","kid":"b"}`, goodPayload), ErrDuplicate, refused},

		{"alg missing", sign(`{"kid":"a","typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"alg none", encode(`{"alg":"none","typ":"JWS"}`) + "." + part[1] + ".", ErrAlg, refused},
		{"alg HS256", sign(`{"alg":"HS256","typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"alg Ed25519", sign(`{"alg":"Ed25519","typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"alg in lower case", sign(`{"alg":"eddsa","typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"alg null", sign(`{"alg":null,"typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"alg in an array", sign(`{"alg":["EdDSA"],"typ":"JWS"}`, goodPayload), ErrAlg, refused},
		{"typ missing", sign(`{"alg":"EdDSA","kid":"a"}`, goodPayload), ErrTyp, accepted},
		{"typ JWT", sign(`{"alg":"EdDSA","typ":"JWT"}`, goodPayload), ErrTyp, accepted},
		{"typ in lower case", sign(`{"alg":"EdDSA","typ":"jws"}`, goodPayload), ErrTyp, accepted},
		{"kid is a number", sign(`{"alg":"EdDSA","kid":1,"typ":"JWS"}`, goodPayload), ErrKid, refused},
		{"kid is null", sign(`{"alg":"EdDSA","kid":null,"typ":"JWS"}`, goodPayload), ErrKid, accepted},
		{"kid is an object", sign(`{"alg":"EdDSA","kid":{},"typ":"JWS"}`, goodPayload), ErrKid, refused},

		{"crit", sign(`{"alg":"EdDSA","crit":["exp"],"exp":1,"typ":"JWS"}`, goodPayload), ErrMember, refused},
		{"b64", sign(`{"alg":"EdDSA","b64":true,"typ":"JWS"}`, goodPayload), ErrMember, accepted},
		{"b64 false, critical", sign(`{"alg":"EdDSA","b64":false,"crit":["b64"],"typ":"JWS"}`, goodPayload), ErrMember, refused},
		{"jwk", sign(`{"alg":"EdDSA","jwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"typ":"JWS"}`, goodPayload), ErrMember, accepted},
		{"jku", sign(`{"alg":"EdDSA","jku":"https://attacker.example/keys","typ":"JWS"}`, goodPayload), ErrMember, accepted},
		{"x5c", sign(`{"alg":"EdDSA","typ":"JWS","x5c":[]}`, goodPayload), ErrMember, accepted},
		{"unknown member", sign(`{"alg":"EdDSA","typ":"JWS","zip":"DEF"}`, goodPayload), ErrMember, accepted},
		{"name in upper case", sign(`{"alg":"EdDSA","typ":"JWS","Kid":"a"}`, goodPayload), ErrMember, accepted},
		{"empty name", sign(`{"":1,"alg":"EdDSA","typ":"JWS"}`, goodPayload), ErrMember, accepted},

		{"no signature", part[0] + "." + part[1] + ".", ErrSignatureLength, refused},
		{"63 bytes", part[0] + "." + part[1] + "." + shortSignature, ErrSignatureLength, refused},
		{"65 bytes", part[0] + "." + part[1] + "." + longSignature, ErrSignatureLength, refused},
	} {
		token, err := Parse(c.token)
		if token != nil || !errors.Is(err, c.reason) {
			t.Errorf("%s: %v, want %v", c.name, err, c.reason)
		}
		for _, other := range []error{ErrSize, ErrSegments, ErrBase64, ErrHeader, ErrDuplicate, ErrAlg, ErrTyp, ErrKid, ErrMember, ErrSignatureLength} {
			if other != c.reason && errors.Is(err, other) {
				t.Errorf("%s: %v is also %v", c.name, err, other)
			}
		}
		if got := goJoseAccepts(c.token); got != c.goJose {
			t.Errorf("%s: go-jose accepts it: %t, recorded %t", c.name, got, c.goJose)
		}
	}
	if !goJoseAccepts(good) {
		t.Error("go-jose refuses the good token")
	}
}

func goJoseAccepts(token string) bool {
	object, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return false
	}
	_, err = object.Verify(public(testKey))
	return err == nil
}

func TestSizeLimit(t *testing.T) {
	overhead := len(sign(goodHeader, ""))
	payload := strings.Repeat("x", (MaxSize-overhead)*3/4)
	token := sign(goodHeader, payload)
	if len(token) > MaxSize || len(token) < MaxSize-2 {
		t.Fatalf("token of %d bytes", len(token))
	}
	if _, err := Parse(token); err != nil {
		t.Errorf("%d bytes: %v", len(token), err)
	}
	if _, err := Parse(sign(goodHeader, payload+"xxx")); !errors.Is(err, ErrSize) {
		t.Errorf("over the limit: %v", err)
	}
}
