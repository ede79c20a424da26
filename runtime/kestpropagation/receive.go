package kestpropagation

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
)

// Receive verifies the lineage that a carrier brings and gives a context whose
// next call has its tips as parents, beside those that ctx has already. A carrier
// without lineage leaves that of ctx: a root, in a server. The error matches
// [kest.ErrLineage], and one of [kest.ErrLineageMalformed],
// [kest.ErrLineageInvalid] and [kest.ErrLineageUnavailable]; or [kest.ErrConfig].
func (p *Propagator) Receive(ctx context.Context, carrier propagation.TextMapCarrier) (context.Context, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: the propagator is nil: make it with New", kest.ErrConfig)
	}
	if err := kest.Refusal(ctx); err != nil {
		return nil, err
	}
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	}
	mark := headerText(carrier, lineageHeader)
	traceID := trace.SpanContextFromContext(ctx).TraceID().String()
	arrival := arrival(traceID + "\n" + mark + "\n" + headerText(carrier, baggageHeader))
	if ctx.Value(receivedKey{p}) == arrival {
		// A propagator in front of a middleware has done it all, in this trace; and
		// Baggage behind it has read again what it had taken away.
		return withoutForgeries(ctx), nil
	}
	h, err := readHeader(carrier)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, err)
	}
	ctx = withoutForgeries(ctx)
	if p.config.TrustPrincipals != nil && !bearer.Authenticated(ctx) && p.config.TrustPrincipals(ctx, carrier) {
		if ctx, err = adoptPrincipals(ctx, h); err != nil {
			return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, err)
		}
	}
	text, err := p.passportText(ctx, h, mark)
	if err != nil {
		return nil, err
	}
	if text != nil {
		accepted, err := p.accept(ctx, text, h.own[memberTips], mark != "")
		if err != nil {
			return nil, err
		}
		ctx = kest.Join(accepted, ctx, accepted)
	}
	return context.WithValue(ctx, receivedKey{p}, arrival), nil
}

// receivedKey is the context key of what a propagator has received.
type receivedKey struct{ *Propagator }

// arrival is a type of its own because a context that is printed shows strings.
type arrival string

// passportText finds the passport in one of the three members; nil for none.
func (p *Propagator) passportText(ctx context.Context, h *header, mark string) ([]byte, error) {
	malformed := func(format string, args ...any) ([]byte, error) {
		return nil, fmt.Errorf("%w: %w", kest.ErrLineageMalformed, fmt.Errorf(format, args...))
	}
	var found []string
	for _, key := range []string{memberPassport, memberCompressed, memberClaimCheck} {
		if _, ok := h.own[key]; ok {
			found = append(found, key)
		}
	}
	_, hasTips := h.own[memberTips]
	switch {
	case mark == lineageFailed:
		return malformed("the sender could not send its lineage: see its log")
	case mark != "" && mark != lineageSent:
		return malformed("the header %s has an unknown value", lineageHeader)
	case len(found) > 1:
		return malformed("the baggage has %s: one of them at most", strings.Join(found, " and "))
	case len(found) == 0 && mark != "":
		return malformed("the request was sent with a lineage, and the baggage has none: something on the way drops it, or the sender composes propagation.Baggage behind the propagator of Kest")
	case len(found) == 0 && hasTips:
		return malformed("the baggage has %s and no passport", memberTips)
	case len(found) == 0:
		return nil, nil
	case p.config.SendOnly:
		return nil, fmt.Errorf("%w: a lineage came, and this propagator is made to send only: set Config.Verifier", kest.ErrLineageUnavailable)
	}
	value := h.own[found[0]]
	switch found[0] {
	case memberCompressed:
		text, err := inflate(value, p.config.MaxPassport)
		if err != nil {
			return malformed("%s: %w", memberCompressed, err)
		}
		return text, nil
	case memberClaimCheck:
		return p.collect(ctx, value)
	}
	return []byte(value), nil
}

// accept verifies a passport and gives a context with its tips alone. Other
// runtimes may leave the tips out; a propagator of this one never does, so that
// somebody else did.
func (p *Propagator) accept(ctx context.Context, text []byte, tips string, ours bool) (context.Context, error) {
	passport, err := kest.ParsePassport(text)
	if err != nil {
		return nil, err
	}
	if passport.Len() == 0 {
		return nil, fmt.Errorf("%w: the passport that came is empty: a root sends none", kest.ErrLineageMalformed)
	}
	if tips == "" && ours {
		return nil, fmt.Errorf("%w: the request was sent with the tips of its lineage, and the baggage has no %s: something on the way drops members", kest.ErrLineageMalformed, memberTips)
	}
	v := p.verifier
	v.TraceID = trace.SpanContextFromContext(ctx).TraceID().String()
	if tips == "" {
		return v.Accept(ctx, passport)
	}
	return v.AcceptTips(ctx, passport, strings.Split(tips, ","))
}

// withoutForgeries takes our members out of the baggage that another propagator
// read from the same carrier, but for what was said in this process.
func withoutForgeries(ctx context.Context) context.Context {
	all := baggage.FromContext(ctx)
	local := map[string]string{memberUser: kest.User(ctx), memberAgent: kest.Agent(ctx), memberTask: kest.Task(ctx)}
	clean := all
	for _, m := range all.Members() {
		if strings.HasPrefix(m.Key(), ownPrefix) && (local[m.Key()] == "" || local[m.Key()] != m.Value()) {
			clean = clean.DeleteMember(m.Key())
		}
	}
	if clean.Len() == all.Len() {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, clean)
}

// adoptPrincipals takes the principals of a trusted peer; those said in this
// process stay.
func adoptPrincipals(ctx context.Context, h *header) (_ context.Context, err error) {
	for _, principal := range [...]struct {
		key  string
		have string
		with func(context.Context, string) (context.Context, error)
	}{
		{memberUser, kest.User(ctx), kest.WithUser},
		{memberAgent, kest.Agent(ctx), kest.WithAgent},
		{memberTask, kest.Task(ctx), kest.WithTask},
	} {
		value := h.own[principal.key]
		if value == "" || principal.have != "" {
			continue
		}
		if ctx, err = principal.with(ctx, value); err != nil {
			return nil, err
		}
	}
	return ctx, nil
}
