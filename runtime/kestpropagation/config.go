package kestpropagation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
)

// Defaults of Config.
const (
	DefaultThreshold    = 4096                   // bytes
	DefaultMaxPassport  = 1 << 20                // bytes
	DefaultClaimTTL     = 300 * time.Second      //
	DefaultCacheTimeout = 500 * time.Millisecond //
)

// The memory of verified entries that a propagator makes by itself.
const (
	rememberEntries = 16 << 10
	rememberFor     = 5 * time.Minute
)

// Config says what a propagator believes, and how it sends. The zero value of
// each field but Verifier is its default.
type Config struct {
	// Verifier checks every passport that arrives, with the keys of the workloads
	// to believe. Its SameTrace is set, and TraceID, Tips and Count are not used. A
	// Verified of nil is replaced by one of 16,384 entries and 5 minutes.
	Verifier *kest.Verifier
	// SendOnly is for a program that receives nothing: no Verifier is needed, and
	// whatever lineage arrives is refused.
	SendOnly bool
	// AnyTrace takes passports of other traces, for systems whose traces do not
	// run through, and for runtimes that write none into their entries. It takes
	// away the one defence against a passport that is sent again along with another
	// request. Where nobody starts traces there is none from the beginning: entries
	// in no trace fit all requests in no trace.
	AnyTrace bool

	// Cache is where passports are left that do not fit; nil for nowhere: to send
	// one is an error then.
	Cache        cache.Store
	ClaimTTL     time.Duration // how long they stay there
	CacheTimeout time.Duration // for one operation

	// Threshold is how many bytes a passport may have in a header, plain or
	// compressed, key and percent-encoding included: 256 to 8000. A kest.yaml has it
	// as thresholds, and kest.Config as Thresholds.Passport.
	Threshold int
	// MaxPassport is how many bytes of JSON a passport may have in the cache, and
	// inflated: 1024 to cache.MaxValueSize.
	MaxPassport int

	// TrustPrincipals says of what arrives whether its kest.user, kest.agent and
	// kest.task are believed, as when the connection shows that a peer sent it
	// which checked them: see PeerIdentity of kesthttp and kestgrpc. It is not asked
	// where a token was checked already, which alone says then on whose behalf the
	// request runs. nil believes none.
	TrustPrincipals func(ctx context.Context, carrier propagation.TextMapCarrier) bool

	// Logger gets what Inject and Extract cannot return; nil is slog.Default().
	Logger *slog.Logger
}

// check fills in the defaults and finds all that is wrong.
func (c *Config) check() error {
	var problems []error
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch {
	case c.SendOnly && c.Verifier != nil:
		fail("Verifier and SendOnly: a propagator that only sends verifies nothing: remove one")
	case !c.SendOnly && c.Verifier == nil:
		fail("no Verifier: set one with the keys of the workloads to believe, or SendOnly for a program that receives nothing")
	case !c.SendOnly && c.Verifier.Keys == nil:
		fail("the Verifier has no key source: set its Keys to those of the workloads to believe (see package keysource)")
	}
	number := func(name string, value *int, byDefault, least, most int) {
		if *value == 0 {
			*value = byDefault
		}
		if *value < least || *value > most {
			fail("%s is %d: give %d to %d, or 0 for %d", name, *value, least, most, byDefault)
		}
	}
	duration := func(name string, value *time.Duration, byDefault, most time.Duration) {
		if *value == 0 {
			*value = byDefault
		}
		if *value < time.Millisecond || *value > most {
			fail("%s is %s: give 1ms to %s, or 0 for %s", name, *value, most, byDefault)
		}
	}
	number("Threshold", &c.Threshold, DefaultThreshold, kest.MinPassportThreshold, kest.MaxPassportThreshold)
	number("MaxPassport", &c.MaxPassport, DefaultMaxPassport, 1024, cache.MaxValueSize)
	duration("ClaimTTL", &c.ClaimTTL, DefaultClaimTTL, cache.MaxTTL)
	duration("CacheTimeout", &c.CacheTimeout, DefaultCacheTimeout, time.Minute)
	if len(problems) > 0 {
		return fmt.Errorf("%w: propagator: %w", kest.ErrConfig, errors.Join(problems...))
	}
	return nil
}
