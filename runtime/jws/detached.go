package jws

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Reasons for refusing a detached signature, beside those of [Parse].
var (
	// ErrAttached: there is a payload between the dots.
	ErrAttached = errors.New("payload is not detached: there must be nothing between the dots (RFC 7515 appendix F)")
	// ErrCanonical: the header is not byte for byte what [EncodeDetachedHeader]
	// writes for its key id.
	ErrCanonical = errors.New("header is not canonical JSON")
)

// Detached is the signature of something that stands elsewhere: a compact JWS
// without its payload, "header..signature" (RFC 7515 appendix F). As with a
// [Token], nothing in it may be trusted before Verify has returned true.
type Detached struct {
	// KeyID says which key the signer claims to have used.
	KeyID string
	// Signature is of 64 bytes.
	Signature []byte

	header string // encoded
}

// EncodeDetachedHeader returns the first segment of the detached signatures of
// one kind that are signed with the key of that id: the base64url of the canonical
// {"alg":"EdDSA","kid":…,"typ":…}. To sign, append that segment and a dot, and
// then the signature over [AppendSigningInput]:
//
//	input := jws.AppendSigningInput(nil, header, payload)
//	token := jws.AppendSignature([]byte(header+"."), ed25519.Sign(key, input))
//
// The typ "JWS" is refused with [ErrTyp]: with its payload put back, such a
// signature would be an entry's. So is one that is empty or not UTF-8; a kid
// that is not UTF-8 is [ErrKeyID].
func EncodeDetachedHeader(kid, typ string) (string, error) {
	header, ok := strictjson.AppendQuoted([]byte(headerToKeyID), kid)
	if !ok {
		return "", ErrKeyID
	}
	header, ok = strictjson.AppendQuoted(append(header, `,"typ":`...), typ)
	if !ok || typ == "" || typ == entryType {
		return "", fmt.Errorf("%w: %.40q cannot be that of a detached signature", ErrTyp, typ)
	}
	return b64.EncodeToString(append(header, '}')), nil
}

// ParseDetached takes a detached signature apart and checks its envelope as
// [Parse] does, but for two things: the header has to be canonical, since there
// are no other writers to be lenient with, and its typ has to be the given one. It
// verifies nothing. Errors match one of the Err values of this package.
func ParseDetached(token, typ string) (*Detached, error) {
	if len(token) > MaxSize {
		return nil, ErrSize
	}
	raw := []byte(token)
	first := bytes.IndexByte(raw, '.')
	last := bytes.LastIndexByte(raw, '.')
	switch {
	case first == last || bytes.IndexByte(raw[first+1:], '.') != last-first-1:
		return nil, ErrSegments
	case last != first+1:
		return nil, ErrAttached
	case bytes.ContainsAny(raw, "\r\n"):
		return nil, fmt.Errorf("%w: it has a newline", ErrBase64)
	}
	_, header, err := decode(nil, raw[:first])
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	d := &Detached{header: token[:first]}
	var hasKid bool
	if d.KeyID, hasKid, err = readMembers(header, typ); err != nil {
		return nil, err
	}
	if !hasKid {
		return nil, fmt.Errorf("%w: it is missing", ErrKid)
	}
	canonical, err := EncodeDetachedHeader(d.KeyID, typ)
	if err != nil {
		return nil, err
	}
	if canonical != d.header {
		return nil, ErrCanonical
	}
	if _, d.Signature, err = decode(nil, raw[last+1:]); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if len(d.Signature) != ed25519.SignatureSize {
		return nil, ErrSignatureLength
	}
	return d, nil
}

// Verify reports whether the payload was signed with the private half of pub. A
// key that is not of 32 bytes verifies nothing.
func (d *Detached) Verify(pub ed25519.PublicKey, payload []byte) bool {
	if len(pub) != ed25519.PublicKeySize {
		return false
	}
	return ed25519.Verify(pub, AppendSigningInput(nil, d.header, payload), d.Signature)
}
