package kestpropagation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
)

// Send writes the lineage of ctx, and on whose behalf it runs, into the baggage
// of a carrier. Members that are there and not ours stay. An error matches
// [kest.ErrLineage], and the carrier is as it was: nothing must be sent then.
func (p *Propagator) Send(ctx context.Context, carrier propagation.TextMapCarrier) error {
	if p == nil {
		return fmt.Errorf("%w: the propagator is nil: make it with New", kest.ErrConfig)
	}
	if err := kest.Refusal(ctx); err != nil {
		return err
	}
	h, err := readHeader(carrier)
	if err != nil {
		return fmt.Errorf("%w: what is to be sent already: %w", kest.ErrLineageMalformed, err)
	}
	left := h.room()
	members := append([]string(nil), h.foreign...)
	for _, principal := range [...]struct{ key, value string }{
		{memberUser, kest.User(ctx)},
		{memberAgent, kest.Agent(ctx)},
		{memberTask, kest.Task(ctx)},
	} {
		if principal.value != "" {
			members = append(members, member(principal.key, principal.value))
			left.take(members[len(members)-1])
		}
	}
	passport := kest.PassportFromContext(ctx)
	lineage, err := p.encode(ctx, passport, left)
	if err != nil {
		return err
	}
	members = append(members, lineage...)
	if len(members) > 0 || len(h.own) > 0 {
		carrier.Set(baggageHeader, strings.Join(members, ","))
	}
	switch {
	case len(lineage) > 0:
		carrier.Set(lineageHeader, lineageSent)
	case carrier.Get(lineageHeader) != "":
		carrier.Set(lineageHeader, "") // of another request that was passed on
	}
	if carrier.Get("traceparent") == "" {
		// The receiver compares the trace with that of the entries.
		propagation.TraceContext{}.Inject(ctx, carrier)
	}
	return nil
}

var errNoRoom = errors.New("it does not fit beside the baggage that others send: the limit of OpenTelemetry is 8192 bytes and 64 members")

// encode gives the members of a passport in the first of the three ways that
// fits, none for an empty one.
func (p *Propagator) encode(ctx context.Context, passport *kest.Passport, left room) ([]string, error) {
	if passport.Len() == 0 {
		if !left.take() {
			return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, errNoRoom)
		}
		return nil, nil
	}
	tips := member(memberTips, strings.Join(passport.Tips(), ","))
	fits := func(lineage string) bool {
		there := left
		return len(lineage) <= p.config.Threshold && there.take(lineage, tips)
	}
	text, err := passport.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, err)
	}
	if len(text) <= p.config.Threshold {
		if plain := member(memberPassport, string(text)); fits(plain) {
			return []string{plain, tips}, nil
		}
	}
	if passport.Len()*incompressible < p.config.Threshold {
		compressed, err := compress(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, err)
		}
		if z := member(memberCompressed, compressed); fits(z) {
			return []string{z, tips}, nil
		}
	}
	// Before the cache is asked.
	if there := left; !there.take(member(memberClaimCheck, claimLike), tips) {
		return nil, fmt.Errorf("%w: not even a claim check can be sent: %w", kest.ErrLineageMalformed, errNoRoom)
	}
	claim, err := p.deposit(ctx, text)
	if err != nil {
		return nil, err
	}
	return []string{member(memberClaimCheck, claim), tips}, nil
}

// incompressible is what an entry has at least of what does not compress, in
// base64: its signature (64 bytes), its parent's hash (32) and its id (9).
const incompressible = 140

// claimLike is as long as a claim check.
const claimLike = "00000000-0000-0000-0000-000000000000"
