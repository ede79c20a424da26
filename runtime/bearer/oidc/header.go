package oidc

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxDepth is how deep a header or payload may be nested.
const maxDepth = 16

// header is what counts of a token's JOSE header (RFC 7515, section 4). Members
// that point to keys or bring them (jku, jwk, x5u, x5c) count for nothing.
type header struct {
	algorithm jose.SignatureAlgorithm
	kid       string
}

// strictBase64 has one text for each sequence of bytes.
var strictBase64 = base64.RawURLEncoding.Strict()

// parse reads a token up to its signature, which it does not check. The reasons
// for which it refuses a token show nothing of it.
func (a *Authenticator) parse(token string) (h header, payload []byte, err error) {
	if len(token) > bearer.MaxTokenSize {
		return header{}, nil, errors.New("it is too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return header{}, nil, errors.New("it is not a signed JWT in the compact form: three parts with dots between them")
	}
	var decoded [3][]byte
	for i, part := range parts {
		// Line breaks are what encoding/base64 reads over.
		if decoded[i], err = strictBase64.DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return header{}, nil, errors.New("a part of it is not base64url")
		}
	}
	if h, err = a.parseHeader(decoded[0]); err != nil {
		return header{}, nil, err
	}
	return h, decoded[1], nil
}

func (a *Authenticator) parseHeader(text []byte) (header, error) {
	if err := strictjson.Valid(text, maxDepth); err != nil {
		return header{}, errors.New("its header is not JSON without doubt")
	}
	var h header
	var typ string
	err := strictjson.Members(text, func(name string, value []byte) (err error) {
		var target *string
		switch name {
		case "crit":
			return errors.New("its header has extensions that must be understood (crit), and here none is")
		case "b64", "cty", "enc", "zip":
			return errors.New("it is not a plain signed JWT: its header has " + name)
		case "alg":
			target = (*string)(&h.algorithm)
		case "kid":
			target = &h.kid
		case "typ":
			target = &typ
		default:
			return nil
		}
		if *target, err = strictjson.Unquote(value); err != nil || *target == "" {
			return errors.New("its header has a member " + name + " that is not a text, or is empty")
		}
		return nil
	})
	switch {
	case errors.Is(err, strictjson.ErrKind):
		return header{}, errors.New("its header is not an object")
	case err != nil:
		return header{}, err
	case !slices.Contains(a.algorithms, h.algorithm):
		return header{}, errors.New("it is signed with an algorithm that is not one of Algorithms, or not at all")
	}
	return h, a.checkType(typ)
}

// checkType keeps tokens for other purposes out, which the same keys sign: those
// for logouts, events, proofs (RFC 8725, section 3.11).
func (a *Authenticator) checkType(typ string) error {
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case "at+jwt":
		return nil
	case "", "jwt":
		if !a.config.RequireAccessToken {
			return nil
		}
		return errors.New("it is not of the type at+jwt, that of access tokens")
	}
	return errors.New("it is of a type for another purpose than access")
}
