package jws

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Reasons for refusing a header, to match with errors.Is.
var (
	// ErrHeader: the header is not a JSON object, in valid UTF-8.
	ErrHeader = errors.New("header is not a JSON object")
	// ErrDuplicate: the header has two members of one name.
	ErrDuplicate = errors.New("header has a duplicate member")
	// ErrAlg: alg is missing or not EdDSA.
	ErrAlg = errors.New("header alg is not EdDSA: Kest signs with Ed25519 only")
	// ErrTyp: typ is missing, or that of another kind of signature: [Parse] reads
	// JWS only, and [ParseDetached] what its caller asks for.
	ErrTyp = errors.New("header typ is not that of this kind of signature")
	// ErrKid: kid is not a string.
	ErrKid = errors.New("header kid is not a string")
	// ErrMember: the header has a member beside alg, typ and kid, such as one
	// that brings a key (jwk, jku, x5c) or changes the rules (crit, b64).
	ErrMember = errors.New("header has a member other than alg, kid and typ")
)

// readHeader checks the decoded header and takes the key id from it. The order
// of members and white space are free: other runtimes do not canonicalize it.
func (t *Token) readHeader() error {
	kid, ok := ownKeyID(t.header)
	if ok {
		t.KeyID, t.HasKeyID = kid, true
		return nil
	}
	var err error
	t.KeyID, t.HasKeyID, err = readMembers(t.header, entryType)
	return err
}

// readMembers checks the members of a header, whose typ has to be wantTyp.
func readMembers(header []byte, wantTyp string) (kid string, hasKid bool, err error) {
	var alg, typ bool
	err = strictjson.Members(header, func(name string, value []byte) error {
		switch name {
		case "alg":
			alg = true
			return mustBe(value, "EdDSA", ErrAlg)
		case "typ":
			typ = true
			return mustBe(value, wantTyp, ErrTyp)
		case "kid":
			hasKid = true
			var err error
			if kid, err = strictjson.Unquote(value); err != nil {
				return ErrKid
			}
			return nil
		}
		return fmt.Errorf("%w: %.40q", ErrMember, name)
	})
	switch {
	case err == nil && alg && typ:
		return kid, hasKid, nil
	case errors.Is(err, strictjson.ErrDuplicate):
		err = fmt.Errorf("%w: %w", ErrDuplicate, err)
	case isSyntax(err):
		err = fmt.Errorf("%w: %w", ErrHeader, err)
	case errors.Is(err, ErrTyp):
		err = fmt.Errorf("%w: it must be %q", ErrTyp, wantTyp)
	case err != nil:
	case !alg:
		err = fmt.Errorf("%w: it is missing", ErrAlg)
	default:
		err = fmt.Errorf("%w: it is missing and must be %q", ErrTyp, wantTyp)
	}
	return "", false, err
}

// ownKeyID reads a header that is byte for byte what EncodeHeader writes for a
// thumbprint, as almost all are. Anything else is left to readHeader.
func ownKeyID(header []byte) (kid string, ok bool) {
	rest, ok := bytes.CutPrefix(header, []byte(headerToKeyID))
	if !ok {
		return "", false
	}
	rest, ok = bytes.CutSuffix(rest, []byte(headerFromKeyID))
	if !ok || len(rest) < 2 || rest[0] != '"' || rest[len(rest)-1] != '"' {
		return "", false
	}
	rest = rest[1 : len(rest)-1]
	for _, c := range rest {
		if !isBase64url(c) {
			return "", false
		}
	}
	return string(rest), true
}

func isBase64url(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// mustBe returns otherwise if value is not the JSON string want.
func mustBe(value []byte, want string, otherwise error) error {
	// Almost every header has it without escapes. Members gives whole values,
	// so one that begins with a quote ends with one.
	if len(value) == len(want)+2 && value[0] == '"' && string(value[1:len(value)-1]) == want {
		return nil
	}
	if got, err := strictjson.Unquote(value); err != nil || got != want {
		return otherwise
	}
	return nil
}

// isSyntax says whether err is about the text of the header, not a member.
func isSyntax(err error) bool {
	var e *strictjson.Error
	return errors.As(err, &e)
}
