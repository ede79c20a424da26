package kestpropagation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
)

// Headers of a response that brings its lineage back.
const (
	TipHeader      = "kest-tip"      // the tips, with commas
	PassportHeader = "kest-passport" // one of the three members of the baggage
)

// ErrAnswer: the lineage of an answer is malformed or does not verify. Where that
// happens while a request is served, the sender of the request is not at fault,
// and should not be told so: 502 in HTTP.
var ErrAnswer = errors.New("kest: the lineage of an answer")

// SendBack writes a passport into the headers of a response, so that what the
// caller does with the answer has it in its lineage. An empty passport writes
// nothing. On an error, which matches [kest.ErrLineage], nothing is written, and
// the answer must not be sent as it is.
func (p *Propagator) SendBack(ctx context.Context, passport *kest.Passport, carrier propagation.TextMapCarrier) error {
	if p == nil {
		return fmt.Errorf("%w: the propagator is nil: make it with New", kest.ErrConfig)
	}
	members, err := p.encode(ctx, passport, room{maxHeaderSize, maxMembers})
	if err != nil || len(members) == 0 {
		return err
	}
	carrier.Set(PassportHeader, members[0])
	carrier.Set(TipHeader, strings.Join(passport.Tips(), ","))
	return nil
}

// ReceiveBack verifies the lineage that a response brings and gives a context
// that has its tips and nothing else of lineage: [kest.Join] makes it a parent of
// the next call, and [kest.Consume] notes it in a collector. ctx is that of the
// request: all of its lineage must be in the answer's, as SendBack has it, so that
// who takes the answer for a parent does not lose what it had before. found is
// false if the response brings none. Errors are those of [Propagator.Receive], and
// match [ErrAnswer] too where the response is at fault.
func (p *Propagator) ReceiveBack(ctx context.Context, carrier propagation.TextMapCarrier) (answer context.Context, found bool, err error) {
	if p == nil {
		return nil, false, fmt.Errorf("%w: the propagator is nil: make it with New", kest.ErrConfig)
	}
	answer, found, err = p.receiveBack(ctx, carrier)
	if err != nil && !errors.Is(err, kest.ErrLineageUnavailable) && !errors.Is(err, kest.ErrConfig) {
		err = fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return answer, found, err
}

func (p *Propagator) receiveBack(ctx context.Context, carrier propagation.TextMapCarrier) (answer context.Context, found bool, err error) {
	tips, text := headerText(carrier, TipHeader), headerText(carrier, PassportHeader)
	if tips == "" && text == "" {
		return ctx, false, nil
	}
	if tips == "" || text == "" {
		return nil, false, fmt.Errorf("%w: the response has one of the headers %s and %s: both or none", kest.ErrLineageMalformed, TipHeader, PassportHeader)
	}
	h, err := readHeader(propagation.MapCarrier{baggageHeader: text})
	if err == nil && len(h.own) != 1 {
		err = errors.New("it must have one member")
	}
	if err != nil {
		return nil, false, fmt.Errorf("%w: the header %s: %w", kest.ErrLineageMalformed, PassportHeader, err)
	}
	passport, err := p.passportText(ctx, h, "")
	if err == nil && passport == nil {
		err = fmt.Errorf("%w: the header %s has no passport", kest.ErrLineageMalformed, PassportHeader)
	}
	if err != nil {
		return nil, false, err
	}
	accepted, err := p.accept(ctx, passport, tips, true)
	if err == nil {
		err = standsOn(kest.PassportFromContext(accepted), kest.PassportFromContext(ctx))
	}
	if err != nil {
		return nil, false, err
	}
	return accepted, true, nil
}

// standsOn says whether an answer has all entries of the request. Those that none
// of its own follows are then among its tips.
func standsOn(answer, request *kest.Passport) error {
	there := make(map[string]bool, answer.Len())
	for _, token := range answer.Tokens() {
		there[token] = true
	}
	for _, token := range request.Tokens() {
		if !there[token] {
			return fmt.Errorf("%w: it does not have the entry %s of the request, on which it must stand", kest.ErrLineageInvalid, kest.Hash(token))
		}
	}
	return nil
}
