package kest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/kestgo/kest/runtime/internal/strictjson"
	"github.com/kestgo/kest/runtime/jws"
)

// Limits of ParsePassport.
const (
	// MaxPassportSize is in bytes.
	MaxPassportSize = 16 << 20
	// MaxPassportEntries keeps an array of empty strings from taking many
	// times its size in memory; no entry is shorter than 512 bytes.
	MaxPassportEntries = MaxPassportSize / 512
)

// A Passport is the ordered list of entries that led to a point in a program,
// each a compact JWS that stands after all its parents. It never changes.
type Passport struct {
	tokens []string
	tips   []*node
	// untrusted is set for what came from outside: nothing has been checked
	// but that it is a list of strings.
	untrusted bool
}

// PassportFromContext gives the passport of the branch that ctx belongs to. It
// is never nil; outside any hook it is empty. Its cost grows with the length
// of the passport.
func PassportFromContext(ctx context.Context) *Passport {
	return passportOf(tipsFromContext(ctx))
}

func passportOf(tips []*node) *Passport {
	nodes := flatten(tips)
	p := &Passport{tokens: make([]string, len(nodes)), tips: tips}
	for i, n := range nodes {
		p.tokens[i] = n.token
	}
	return p
}

// ParsePassport reads a serialized passport: a JSON array of compact JWS
// strings, within MaxPassportSize and MaxPassportEntries (F-PA-02, F-PA-03). It
// checks the form only. What it returns can be shown, and verified with Verifier.Verify;
// Verifier.Accept makes it the lineage of a context. The error matches
// ErrLineage.
func ParsePassport(data []byte) (*Passport, error) {
	if len(data) > MaxPassportSize {
		return nil, wrap(ErrLineageMalformed, "the passport has %d bytes: the limit is %d", len(data), MaxPassportSize)
	}
	p := &Passport{untrusted: true}
	err := strictjson.Strings(data, func(token string) error {
		index := len(p.tokens)
		if index == MaxPassportEntries {
			return fmt.Errorf("it has more than %d entries", MaxPassportEntries)
		}
		if len(token) > jws.MaxSize {
			return fmt.Errorf("entry %d has %d bytes: the limit is %d", index, len(token), jws.MaxSize)
		}
		p.tokens = append(p.tokens, token)
		return nil
	})
	if err != nil {
		return nil, wrap(ErrLineageMalformed, "the passport is not a JSON array of compact JWS strings: %w", err)
	}
	return p, nil
}

// Len is the number of entries.
func (p *Passport) Len() int { return len(p.tokens) }

// Tokens are the compact JWS of the entries in order. The slice is the
// caller's own.
func (p *Passport) Tokens() []string { return slices.Clone(p.tokens) }

// Tips are the hashes that the next entry would have as parents, in order. A
// parsed passport has none before it is accepted.
func (p *Passport) Tips() []string {
	tips := make([]string, len(p.tips))
	for i, tip := range p.tips {
		tips[i] = tip.hash
	}
	return tips
}

// MarshalJSON serializes the passport: a JSON array of compact JWS strings,
// "[]" when empty.
func (p *Passport) MarshalJSON() ([]byte, error) {
	var w textWriter
	w.texts(p.tokens)
	return w.b, w.err
}

// UnmarshalJSON is ParsePassport: what it reads has not been verified.
func (p *Passport) UnmarshalJSON(data []byte) error {
	parsed, err := ParsePassport(data)
	if err != nil {
		return err
	}
	*p = *parsed
	return nil
}

// Hash is the hash of an entry: the lower-case hex SHA-256 of its whole compact
// JWS (F-AE-08).
func Hash(token string) string { return hexHash([]byte(token)) }

func hexHash(b []byte) string { return hexSum(sha256.Sum256(b)) }

func hexSum(sum [sha256.Size]byte) string {
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
