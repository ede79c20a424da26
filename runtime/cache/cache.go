// Package cache says what Kest needs of a cache for claim checks.
//
// A passport that is too large for a request's header is put into a cache that
// the sender and the receiver share, and the request carries its claim check: a
// UUID under which the receiver finds it for five minutes. A Store is that
// cache. Package memory, below this one, has it in one process, and package redis
// on a Redis or Valkey server; anything else with two methods does as well.
//
// A cache is not trusted. What comes out of it is verified like a passport that
// came in a header, so that whoever can write to the cache can break a request and
// cannot forge one. A cache that does not answer fails the call: the sender sends
// nothing without its lineage, and the receiver never takes a passport that it
// cannot get for an empty one.
package cache

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Store keeps values for a time. It is safe for concurrent use.
type Store interface {
	// Put stores a value for ttl, from MinTTL to MaxTTL. A key is never
	// overwritten: while it is there, another Put of it gives ErrExists and
	// changes nothing. A key or a value outside the limits of Check is ErrInvalid.
	// Any other error means that the cache did not take the value, or did not
	// answer: then it may be stored or not, and must be taken for not stored.
	// The value is not kept or changed.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Get gives the value of a key; the caller may change it. ErrMissing is the
	// cache's definite answer that there is none: never stored, expired, or
	// dropped by the cache. Any other error means that there is no answer, or one
	// that Put cannot have stored.
	Get(ctx context.Context, key string) ([]byte, error)
}

// Errors of every Store, for errors.Is.
var (
	ErrMissing = errors.New("cache: the key is not there, or has expired")
	ErrExists  = errors.New("cache: the key is there already")
	ErrInvalid = errors.New("cache: not a key, value or time to live")
)

// Limits of every Store.
const (
	MaxKeySize   = 256              // bytes
	MaxValueSize = 1 << 20          // bytes; a value has at least one
	MinTTL       = time.Millisecond // what Redis can count
	MaxTTL       = 24 * time.Hour   // a claim check lives for five minutes
)

// Check is what every Put checks before anything else: that a key has 1 to
// MaxKeySize bytes of printable ASCII without spaces, that a value has 1 to
// MaxValueSize bytes, and that a time to live is within MinTTL and MaxTTL. The
// error matches ErrInvalid.
//
// There is no empty value: no passport is empty, and a cache that lost a value and
// one that keeps an empty one must not look alike.
func Check(key string, value []byte, ttl time.Duration) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	switch {
	case len(value) == 0 || len(value) > MaxValueSize:
		return fmt.Errorf("%w: the value has %d bytes: it must have 1 to %d", ErrInvalid, len(value), MaxValueSize)
	case ttl < MinTTL || ttl > MaxTTL:
		return fmt.Errorf("%w: the time to live is %s: it must be from %s to %s", ErrInvalid, ttl, MinTTL, MaxTTL)
	}
	return nil
}

// CheckKey is the part of Check that a Get can check.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKeySize {
		return fmt.Errorf("%w: the key has %d bytes: it must have 1 to %d", ErrInvalid, len(key), MaxKeySize)
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return fmt.Errorf("%w: byte %d of the key is 0x%02x: it must be printable ASCII without spaces", ErrInvalid, i, key[i])
		}
	}
	return nil
}
