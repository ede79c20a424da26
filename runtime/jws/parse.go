package jws

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Reasons for refusing a token, to match with errors.Is.
var (
	// ErrSize: the token is longer than [MaxSize].
	ErrSize = errors.New("token is longer than 64 KiB: omit arguments or attributes from the entry")
	// ErrSegments: the token has not exactly three segments.
	ErrSegments = errors.New("token is not three segments with dots between: only compact JWS is read")
	// ErrBase64: a segment is not canonical base64url: padding, white space,
	// a newline, the other alphabet or trailing bits.
	ErrBase64 = errors.New("segment is not canonical unpadded base64url")
	// ErrSignatureLength: the signature is not of 64 bytes.
	ErrSignatureLength = errors.New("signature is not of 64 bytes, as Ed25519 has it")
)

// Token is a compact JWS taken apart. Nothing in it may be trusted before
// [Token.Verify] has returned true for a key that does not come from the token.
type Token struct {
	// KeyID says which key the signer claims to have used; HasKeyID is false if
	// the header has no kid, which other runtimes leave out.
	KeyID    string
	HasKeyID bool
	// Payload is the signed payload, decoded. That it is canonical JSON has not
	// been checked.
	Payload []byte
	// Signature is of 64 bytes.
	Signature []byte

	raw    []byte // the whole token
	header []byte // decoded
	signed []byte // the signing input
}

// Parse takes a token apart and checks its envelope (PROTOCOL §5): its size, its
// segments and their encoding, its header and the length of its signature. It
// verifies nothing. Errors match one of the Err values of this package.
func Parse(token string) (*Token, error) {
	if len(token) > MaxSize {
		return nil, ErrSize
	}
	raw := []byte(token)
	first := bytes.IndexByte(raw, '.')
	last := bytes.LastIndexByte(raw, '.')
	if first == last || bytes.IndexByte(raw[first+1:], '.') != last-first-1 {
		return nil, ErrSegments
	}
	// base64 skips newlines, even when strict.
	if bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') >= 0 {
		return nil, fmt.Errorf("%w: it has a newline", ErrBase64)
	}

	t := &Token{raw: raw, signed: raw[:last:last]}
	// One allocation for all three, each with its own capacity.
	buf := make([]byte, 0, b64.DecodedLen(len(raw)))
	var err error
	if buf, t.header, err = decode(buf, raw[:first]); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if err := t.readHeader(); err != nil {
		return nil, err
	}
	if buf, t.Payload, err = decode(buf, raw[first+1:last]); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if _, t.Signature, err = decode(buf, raw[last+1:]); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if len(t.Signature) != ed25519.SignatureSize {
		return nil, ErrSignatureLength
	}
	return t, nil
}

// decode appends what segment encodes to buf and returns both.
func decode(buf, segment []byte) (_, decoded []byte, err error) {
	start := len(buf)
	buf, err = b64.AppendDecode(buf, segment)
	if err != nil {
		return nil, nil, ErrBase64
	}
	return buf, buf[start:len(buf):len(buf)], nil
}

// Sum256 is the SHA-256 of the whole token as it stood in Parse (F-AE-08).
func (t *Token) Sum256() [sha256.Size]byte { return sha256.Sum256(t.raw) }

// Verify reports whether the token was signed with the private half of pub. A
// key that is not of 32 bytes verifies nothing.
func (t *Token) Verify(pub ed25519.PublicKey) bool {
	// ed25519.Verify panics on such a key.
	if len(pub) != ed25519.PublicKeySize {
		return false
	}
	return ed25519.Verify(pub, t.signed, t.Signature)
}
