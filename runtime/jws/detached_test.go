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
	approvalType   = "approval+jws"
	approvalHeader = `{"alg":"EdDSA","kid":"a","typ":"approval+jws"}`
	approved       = "a text that is not JSON\n"
)

// detach signs a payload with a header in JSON, as it stands, and leaves it out.
func detach(header, payload string) string {
	whole := sign(header, payload)
	return whole[:strings.IndexByte(whole, '.')] + "." + whole[strings.LastIndexByte(whole, '.'):]
}

func TestDetachedVerify(t *testing.T) {
	text := detach(approvalHeader, approved)
	d, err := ParseDetached(text, approvalType)
	if err != nil {
		t.Fatal(err)
	}
	if d.KeyID != "a" || len(d.Signature) != 64 || !d.Verify(public(testKey), []byte(approved)) {
		t.Errorf("%+v does not verify", d)
	}
	for name, payload := range map[string]string{"empty": "", "cut": approved[:len(approved)-1], "longer": approved + "\n", "other": "A" + approved[1:]} {
		if d.Verify(public(testKey), []byte(payload)) {
			t.Errorf("%s payload verifies", name)
		}
	}
	other := ed25519.NewKeyFromSeed(make([]byte, 32))
	for name, key := range map[string]ed25519.PublicKey{
		"other": public(other), "nil": nil, "short": public(testKey)[:31], "long": append(public(testKey), 0),
	} {
		if d.Verify(key, []byte(approved)) {
			t.Errorf("verifies with the %s key", name)
		}
	}
	if new(Detached).Verify(public(testKey), nil) {
		t.Error("the zero value verifies")
	}
	object, err := jose.ParseDetached(text, []byte(approved), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	if err := object.DetachedVerify([]byte(approved), public(testKey)); err != nil {
		t.Errorf("go-jose: %v", err)
	}
}

// One signature never passes for one of another kind (RFC 8725 section 3.11),
// even with the payload put back or taken out.
func TestKindsDoNotMix(t *testing.T) {
	entry, approval := sign(goodHeader, goodPayload), sign(approvalHeader, goodPayload)
	if _, err := ParseDetached(detach(goodHeader, goodPayload), approvalType); !errors.Is(err, ErrTyp) {
		t.Errorf("an entry, detached: %v, want ErrTyp", err)
	}
	if _, err := ParseDetached(entry, approvalType); !errors.Is(err, ErrAttached) {
		t.Errorf("an entry: %v, want ErrAttached", err)
	}
	if _, err := Parse(approval); !errors.Is(err, ErrTyp) {
		t.Errorf("an approval with its payload put back: %v, want ErrTyp", err)
	}
	if _, err := ParseDetached(detach(approvalHeader, goodPayload), "other+jws"); !errors.Is(err, ErrTyp) {
		t.Errorf("another kind: %v, want ErrTyp", err)
	}
	// Nor can a caller ask for it.
	if _, err := ParseDetached(detach(goodHeader, goodPayload), "JWS"); !errors.Is(err, ErrTyp) {
		t.Errorf("detached entries: %v, want ErrTyp", err)
	}
	for _, typ := range []string{"JWS", "", "\xff"} {
		if header, err := EncodeDetachedHeader("a", typ); !errors.Is(err, ErrTyp) || header != "" {
			t.Errorf("EncodeDetachedHeader(%q) = %q, %v, want ErrTyp", typ, header, err)
		}
	}
	if header, err := EncodeDetachedHeader("\xff", approvalType); !errors.Is(err, ErrKeyID) || header != "" {
		t.Errorf("EncodeDetachedHeader of no UTF-8 = %q, %v, want ErrKeyID", header, err)
	}
}

// As at TestRefuses, each is signed with the right key wherever that is possible.
func TestDetachedRefuses(t *testing.T) {
	good := detach(approvalHeader, approved)
	header, signature, _ := strings.Cut(good, "..")
	for _, c := range []struct {
		name   string
		token  string
		reason error
	}{
		{"empty", "", ErrSegments},
		{"one segment", header, ErrSegments},
		{"two segments", header + "." + signature, ErrSegments},
		{"four segments", good + ".", ErrSegments},
		{"payload", sign(approvalHeader, approved), ErrAttached},
		{"too large", good + strings.Repeat("A", MaxSize), ErrSize},

		{"padded header", header + "==.." + signature, ErrBase64},
		{"padded signature", good + "==", ErrBase64},
		{"newline at the end", good + "\n", ErrBase64},
		{"carriage return in the header", header[:4] + "\r" + header[4:] + ".." + signature, ErrBase64},
		{"space", good + " ", ErrBase64},
		{"standard alphabet", header + "..+" + signature[1:], ErrBase64},
		{"trailing bits in the signature", good[:len(good)-1] + string(good[len(good)-1]+1), ErrBase64},

		{"no header", ".." + signature, ErrHeader},
		{"header is no object", detach(`[]`, approved), ErrHeader},
		{"duplicate kid", detach(`{"alg":"EdDSA","kid":"a","kid":"a","typ":"approval+jws"}`, approved), ErrDuplicate},
		{"alg missing", detach(`{"kid":"a","typ":"approval+jws"}`, approved), ErrAlg},
		{"alg none", detach(`{"alg":"none","kid":"a","typ":"approval+jws"}`, approved), ErrAlg},
		{"typ missing", detach(`{"alg":"EdDSA","kid":"a"}`, approved), ErrTyp},
		{"typ in capitals", detach(`{"alg":"EdDSA","kid":"a","typ":"APPROVAL+JWS"}`, approved), ErrTyp},
		{"typ with application/", detach(`{"alg":"EdDSA","kid":"a","typ":"application/approval+jws"}`, approved), ErrTyp},
		{"kid missing", detach(`{"alg":"EdDSA","typ":"approval+jws"}`, approved), ErrKid},
		{"kid is null", detach(`{"alg":"EdDSA","kid":null,"typ":"approval+jws"}`, approved), ErrKid},
		{"jwk", detach(`{"alg":"EdDSA","jwk":{},"kid":"a","typ":"approval+jws"}`, approved), ErrMember},
		{"crit", detach(`{"alg":"EdDSA","crit":["b64"],"b64":false,"kid":"a","typ":"approval+jws"}`, approved), ErrMember},
		{"other order", detach(`{"alg":"EdDSA","typ":"approval+jws","kid":"a"}`, approved), ErrCanonical},
		{"white space", detach(`{"alg":"EdDSA","kid":"a","typ":"approval+jws" }`, approved), ErrCanonical},
		{"escape", detach(`{"alg":"EdDSA","kid":"\u0061","typ":"approval+jws"}`, approved), ErrCanonical},

		{"no signature", header + "..", ErrSignatureLength},
		{"63 bytes", header + ".." + base64.RawURLEncoding.EncodeToString(make([]byte, 63)), ErrSignatureLength},
		{"65 bytes", header + ".." + base64.RawURLEncoding.EncodeToString(make([]byte, 65)), ErrSignatureLength},
	} {
		if d, err := ParseDetached(c.token, approvalType); d != nil || !errors.Is(err, c.reason) {
			t.Errorf("%s: %v, want %v", c.name, err, c.reason)
		}
	}
	if _, err := ParseDetached(good, approvalType); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// FuzzParseDetached: nothing panics, what is accepted has one spelling only, and
// go-jose reads the same from it.
func FuzzParseDetached(f *testing.F) {
	good := detach(approvalHeader, approved)
	for _, seed := range []string{good, good + "\n", good[:len(good)-1], "..", ".", "a.b.c", detach(goodHeader, goodPayload), sign(approvalHeader, approved)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDetached(text, approvalType)
		if err != nil {
			if d != nil {
				t.Fatalf("%q: a signature beside %v", text, err)
			}
			return
		}
		header, err := EncodeDetachedHeader(d.KeyID, approvalType)
		if again := string(AppendSignature([]byte(header+"."), d.Signature)); err != nil || again != text {
			t.Fatalf("%q\nbecame %q, %v", text, again, err)
		}
		object, err := jose.ParseDetached(text, []byte(approved), []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatalf("go-jose refuses %q: %v", text, err)
		}
		ours, theirs := d.Verify(public(testKey), []byte(approved)), object.DetachedVerify([]byte(approved), public(testKey)) == nil
		if ours != theirs || object.Signatures[0].Header.KeyID != d.KeyID {
			t.Fatalf("%q: ours %t, go-jose %t, key ids %q and %q", text, ours, theirs, d.KeyID, object.Signatures[0].Header.KeyID)
		}
	})
}
